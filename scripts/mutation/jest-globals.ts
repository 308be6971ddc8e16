/** What a test imports from `@jest/globals`: jest's own functions, without the process, file map and modules of its own that jest brings. */
export { jestExpect as expect } from '@jest/expect';
export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from 'jest-circus';
