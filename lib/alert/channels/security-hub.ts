import { BatchImportFindingsCommand, type SecurityHubClient } from '@aws-sdk/client-securityhub';
import type { Channel } from './channel.ts';
import { toSecurityHubFinding } from './security-hub-finding.ts';

/**
 * Tells Security Hub. Only findings are told so.
 *
 * @param clock gives the time of the update
 * @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html
 */
export const createSecurityHub = (client: SecurityHubClient, clock: () => Date): Channel => ({
  name: 'security-hub',
  forPeople: false,
  async send({ notice }, abortSignal) {
    if (notice === undefined) return undefined;
    const finding = toSecurityHubFinding(notice, clock());
    const { FailedCount = 0, FailedFindings = [] } = await client.send(
      new BatchImportFindingsCommand({ Findings: [finding] }),
      { abortSignal },
    );
    // The call succeeds also when the finding was not taken.
    if (FailedCount > 0) {
      const [failed] = FailedFindings;
      throw new Error(
        `Security Hub did not take the finding: ${failed?.ErrorCode ?? 'no code'}: ${failed?.ErrorMessage ?? 'no reason'}`,
      );
    }
    return finding.Id ?? 'unknown';
  },
});
