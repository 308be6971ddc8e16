import { ExportError } from '../lib/ledger/export/manifest.ts';
import { BrokenChainError } from '../lib/ledger/look-up.ts';
import { UsageError } from './usage-error.ts';

/**
 * Says why a command could not do its work, and what to do.
 *
 * @param table name of the ledger table that it was about; undefined before that is known
 */
export function explainError(error: unknown, table: string | undefined): string {
  if (error instanceof UsageError || error instanceof ExportError || error instanceof BrokenChainError)
    return error.message;
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  switch (name) {
    case 'ResourceNotFoundException':
      return `There is no table ${table} here. Name the stage with --stage or KEYWARDEN_STAGE (or the table with --table or KEYWARDEN_TABLE), and its Region with --region.`;
    case 'CredentialsProviderError':
      return `No AWS credentials were found (${message}). Log in as for the AWS CLI, e.g. aws sso login, and name your profile with --profile or AWS_PROFILE.`;
    case 'AccessDeniedException':
      return `AWS denied it: ${message}. Reading the ledger needs dynamodb:Query, GetItem and Scan on the table, and kms:DescribeKey to resolve a key; docs/cli.md has the policies of a reader and of an officer.`;
    default:
      return /region is missing/i.test(message)
        ? 'No Region is set. Give --region, or set AWS_REGION.'
        : `${name}: ${message}`;
  }
}
