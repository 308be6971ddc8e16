import { expect, test } from '@jest/globals';
import { cleanEnvironment } from '../../local/package-stack.ts';

test('Nothing that leads to a real AWS account or through a proxy reaches the deployment', () => {
  const own = { PATH: '/bin', HOME: '/home/olivia', TMPDIR: '/tmp' };
  const foreign = {
    AWS_PROFILE: 'production',
    AWS_ENDPOINT_URL_S3: 'https://s3.example.com',
    AWS_SESSION_TOKEN: 'secret',
    HTTPS_PROXY: 'http://192.0.2.1:3128',
    http_proxy: 'http://192.0.2.1:3128',
    proxy: 'http://192.0.2.1:3128',
    SLS_DEBUG: '*',
    NODE_OPTIONS: '--experimental-vm-modules',
  };
  expect(cleanEnvironment({ ...own, ...foreign })).toEqual(own);
});
