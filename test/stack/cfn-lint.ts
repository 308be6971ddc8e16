import { execFile } from 'node:child_process';
import { access, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withFileLock } from '../../local/file-lock.ts';
import { PROJECT } from '../../local/package-stack.ts';

const run = promisify(execFile);

/** Pinned, so that a new rule cannot break a build that changed nothing. */
const VERSION = '1.58.0';

/** What cfn-lint found. */
export type LintResult = { exitCode: number; findings: string };

/**
 * Runs cfn-lint, which is installed for this project only, once, with uv or python3.
 *
 * @param template path of a CloudFormation template
 * @param region whose resource specification it is checked against
 * @returns exit code 0 if no error and no warning was found
 * @throws Error if cfn-lint cannot be installed
 * @see https://github.com/aws-cloudformation/cfn-lint
 */
export async function lintTemplate(template: string, region: string): Promise<LintResult> {
  const program = await installCfnLint();
  const args = ['--template', template, '--regions', region];
  return run(program, args).then(
    ({ stdout }) => ({ exitCode: 0, findings: stdout.trim() }),
    (error: { code?: unknown; stdout?: string; message: string }) => {
      if (typeof error.code !== 'number') throw error;
      return { exitCode: error.code, findings: error.stdout || error.message };
    },
  );
}

async function installCfnLint(): Promise<string> {
  const directory = join(PROJECT, '.keywarden', `cfn-lint-${VERSION}`);
  const done = join(directory, 'installed');
  await mkdir(join(PROJECT, '.keywarden'), { recursive: true });
  return withFileLock(`${directory}.lock`, async () => {
    if (!(await exists(done))) {
      await rm(directory, { recursive: true, force: true });
      await install(directory);
      await mkdir(done);
    }
    return join(directory, 'bin', 'cfn-lint');
  });
}

async function install(directory: string): Promise<void> {
  const python = join(directory, 'bin', 'python');
  const wanted = `cfn-lint==${VERSION}`;
  const hasUv = await run('uv', ['--version']).then(
    () => true,
    () => false,
  );
  if (hasUv) {
    await run('uv', ['venv', '--quiet', '--python', '>=3.10', directory]);
    await run('uv', ['pip', 'install', '--quiet', '--python', python, wanted]);
    return;
  }
  try {
    await run('python3', ['-m', 'venv', directory]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', wanted]);
  } catch (cause) {
    throw new Error(`cfn-lint ${VERSION} could not be installed; it needs uv, or Python 3.10 or newer with venv.`, {
      cause,
    });
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
