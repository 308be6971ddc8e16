/** Nothing to take down: each test file starts and stops its own local AWS, and moto's installation is kept. */
export default async function teardown(): Promise<void> {}
