// What every spec imports instead of '@playwright/test':
//   server          a real server for this test alone; `page.goto('/')` goes to it
//   serverEnv       settings to add: test.use({ serverEnv: { MACHINAUT_…: '…' } })
//   allowedConsole  console errors that the test provokes; any other fails it
//   seriousAxe      the accessibility faults of a page that axe finds serious or critical
import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Page } from '@playwright/test';
import { Server } from './server.ts';

type Fixtures = {
  serverEnv: Record<string, string>;
  allowedConsole: RegExp[];
  server: Server;
  seriousAxe: (page?: Page) => Promise<string[]>;
  quietConsole: void;
};

export const test = base.extend<Fixtures>({
  serverEnv: [{}, { option: true }],
  allowedConsole: [[], { option: true }],

  server: async ({ serverEnv }, use, testInfo) => {
    const server = await Server.start(serverEnv);
    await use(server);
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('server output', { body: server.output, contentType: 'text/plain' });
    }
    await server.stop();
  },

  baseURL: async ({ server }, use) => use(server.url),

  seriousAxe: async ({ page }, use) =>
    use(async (other = page) => {
      const { violations } = await new AxeBuilder({ page: other }).analyze();
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, help, nodes }) => `${id}: ${help} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
    }),

  quietConsole: [
    async ({ context, allowedConsole }, use) => {
      const errors: string[] = [];
      context.on('console', (message) => {
        if (message.type() === 'error') errors.push(`${message.text()} (${message.location().url})`);
      });
      context.on('weberror', (error) => errors.push(String(error.error().stack ?? error.error())));
      await use();
      expect(errors.filter((error) => !allowedConsole.some((allowed) => allowed.test(error)))).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
