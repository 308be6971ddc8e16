/**
 * OP-PROC-001, the Cryptographic Key Lifecycle Management Procedure, as data: the phases of section 4 and their steps, in our
 * own words. Each control names the steps that it serves (`step`, `alsoSteps`); docs/procedure.md shows both together.
 */

/** Who carries a step out: people, or the cloud service by itself. */
export type Performer = 'Cloud Operations Team' | 'Automated (Cloud Service)';

/** One row of one table of the procedure. */
export interface Step {
  /** Section and row, e.g. `4.4.1`. */
  readonly id: string;
  readonly who: Performer;
  /** What is done, as a sentence with a period. */
  readonly what: string;
  /** What the step leaves behind for an auditor, as a clause: section 6 asks for a log entry of every lifecycle action. */
  readonly artefact: string;
  /** Why no control serves the step, as a sentence; absent for a step that has one. */
  readonly uncontrolled?: string;
}

/** One table of the procedure. */
export interface Phase {
  /** Section, e.g. `4.4`. */
  readonly id: string;
  readonly title: string;
  readonly steps: readonly Step[];
  /** Control references of the phase per standard. */
  readonly standards: Readonly<Record<string, readonly string[]>>;
}

/** Section 5 of the procedure: all phases serve these criteria of SOC 2. CC6.1 is where the Trust Services Criteria speak of keys. */
const STANDARDS = { 'SOC 2': ['CC6.1', 'CC6.7'] } as const;

const OPERATIONS: Performer = 'Cloud Operations Team';
const SERVICE: Performer = 'Automated (Cloud Service)';

/** The phases in the order of the procedure, which is the order of a key's life. */
export const PHASES: readonly Phase[] = [
  {
    id: '4.1',
    title: 'Key generation',
    standards: STANDARDS,
    steps: [
      {
        id: '4.1.1',
        who: OPERATIONS,
        what: 'New customer managed keys are made in the key management service of an approved cloud provider.',
        artefact: 'the entry of CreateKey or ReplicateKey, with Region and creator',
      },
      {
        id: '4.1.2',
        who: OPERATIONS,
        what: 'The key is configured as the encryption policy requires, AES-256 or as strong.',
        artefact: 'key spec, origin and tags in the same entry, with the verdict',
      },
      {
        id: '4.1.3',
        who: SERVICE,
        what: 'The cloud logs the generation, with key id, time and the user or role who is responsible.',
        artefact: 'the record of CloudTrail, by its digest, in the entry',
      },
    ],
  },
  {
    id: '4.2',
    title: 'Key access and use',
    standards: STANDARDS,
    steps: [
      {
        id: '4.2.1',
        who: OPERATIONS,
        what: 'Systems, services and roles are permitted to use a key with the least privilege that they need.',
        artefact: 'the entry of each grant, key policy and IAM policy, with the verdict on each statement',
      },
      {
        id: '4.2.2',
        who: OPERATIONS,
        what: 'No policy permits anybody to export or to see key material.',
        artefact: 'the entry of each policy, import, key store and replication, with the verdict',
      },
      {
        id: '4.2.3',
        who: SERVICE,
        what: 'The cloud logs each use of a key.',
        artefact: 'the verdict on the trail that records the use of keys',
      },
    ],
  },
  {
    id: '4.3',
    title: 'Key storage',
    standards: STANDARDS,
    steps: [
      {
        id: '4.3.1',
        who: SERVICE,
        what: 'Keys are kept and managed within the key management service, and nowhere else.',
        artefact: 'origin of the key material, with the verdict',
      },
      {
        id: '4.3.2',
        who: OPERATIONS,
        what: 'Administration of the key management service is limited to authorised persons.',
        artefact: 'the entry of each administrative action, with who did it and the verdict',
      },
    ],
  },
  {
    id: '4.4',
    title: 'Key rotation',
    standards: STANDARDS,
    steps: [
      {
        id: '4.4.1',
        who: OPERATIONS,
        what: 'Automatic rotation once a year is switched on for every customer managed key.',
        artefact: 'the entry of each change of the rotation, with the verdict and what was put right',
      },
      {
        id: '4.4.2',
        who: SERVICE,
        what: 'The cloud makes new key material and keeps the old to decrypt what was encrypted under it.',
        artefact: 'the dates of the rotations, with the verdict',
      },
      {
        id: '4.4.3',
        who: SERVICE,
        what: 'The cloud logs the rotation.',
        artefact: 'the entry of RotateKey',
      },
    ],
  },
  {
    id: '4.5',
    title: 'Key destruction',
    standards: STANDARDS,
    steps: [
      {
        id: '4.5.1',
        who: OPERATIONS,
        what: 'A key that is no longer needed is scheduled for deletion in the key management service.',
        artefact: 'the entry of ScheduleKeyDeletion, with who ordered and who approved it',
      },
      {
        id: '4.5.2',
        who: SERVICE,
        what: 'The key is disabled for a waiting period before it is destroyed for ever.',
        artefact: 'the waiting period, and attempts to use the key meanwhile',
      },
      {
        id: '4.5.3',
        who: SERVICE,
        what: 'The cloud logs the destruction.',
        artefact: 'the entry of DeleteKey',
      },
    ],
  },
];

/** Every step, in order. */
export const STEPS: readonly Step[] = PHASES.flatMap(({ steps }) => steps);

/** @returns undefined for what is no step of the procedure, e.g. `unrecognised` */
export const findStep = (id: string): Step | undefined => STEPS.find((step) => step.id === id);
