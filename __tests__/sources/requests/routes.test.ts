import { ENDING_CASES } from '../../support/ending-cases.ts';
import { EXPRESS_VERSIONS } from '../../support/express-versions.ts';
import { measuredService } from '../../support/measured.ts';
import { ROUTE_CASES } from '../../support/route-cases.ts';
import { sendCase, TIMES } from '../../support/send-case.ts';
import { closeServers } from '../../support/serve.ts';

afterEach(closeServers);

describe.each(EXPRESS_VERSIONS)('with %s', (version) => {
  beforeEach(() => jest.spyOn(console, 'error').mockImplementation(() => undefined));
  afterEach(() => jest.restoreAllMocks());

  test.each([...ROUTE_CASES, ...ENDING_CASES].map((it) => [it[0], it] as const))('%s', async (_what, one) => {
    const [, build, , series] = one;
    const service = await measuredService(version, build);
    await sendCase(service.server, one);
    // One series counts all, the first request too.
    expect(await service.routes()).toEqual([`${series} ×${TIMES}`]);
  });
});
