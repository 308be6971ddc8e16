/** How the operation is called in IAM; CloudTrail takes it for a data event, so it leaves no record here. */
export const INVOKE_BY_URL = 'InvokeFunctionUrl';

const PATH = /^\/lambda-url\/([\w-]+)(\/[^?]*)?(?:\?|$)/;

/** The function whose URL a request is for, and the path behind that URL. */
export type UrlRoute = { functionName: string; path: string };

/**
 * Reads which function's URL a request is for; `undefined` for any other request. On AWS the host name says so; here every
 * function is on the one port, at `/lambda-url/<function>/`.
 *
 * @param path with the query string
 */
export function readUrlRoute(path: string): UrlRoute | undefined {
  const [, functionName, behind = '/'] = PATH.exec(path) ?? [];
  return functionName === undefined ? undefined : { functionName, path: behind };
}
