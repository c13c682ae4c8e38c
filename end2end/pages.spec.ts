// Every page on real data, loaded anew: it becomes alive without a fault in the console, holds still at both ceilings
// whatever the agent wrote, and has nothing that axe calls serious, in both themes.
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { ship } from './guard.ts';
import { type Ceiling, ShippedLog, haveLodestarData } from './log.ts';
import { hydrated, makeKey, makeToken, setUp } from './people.ts';

test.skip(!haveLodestarData, 'the conformance data is not on this machine');

const shipped: [string, Ceiling][] = [
  ['drv-http-multi-hold', 'internal'],
  ['ex-telenotes-scripted', 'secret'],
  ['drv-sentinels-armed', 'secret'],
  ['drv-adversarial-emit', 'secret'],
];

async function links(page: Page, selector: string): Promise<string[]> {
  return page.locator(selector).evaluateAll((found) => found.map((link) => link.getAttribute('href')!));
}

/** Everything that a person can come to by a link from the lists. */
async function everyPlace(page: Page): Promise<string[]> {
  await page.goto('/inbox');
  const holds = await links(page, '.hold-rows a');
  await page.goto('/sessions');
  const sessions = await links(page, 'main .rows a[href^="/sessions/"], main table a[href^="/sessions/"]');
  await page.goto(sessions[0]!);
  const events = await links(page, 'a.event-row');
  expect(holds.length).toBeGreaterThan(3);
  expect(sessions.length).toBe(shipped.length);
  const pages = ['/inbox', '/sessions', '/search', '/search?q=push&kind=action', '/incidents', '/keys', '/settings/tokens'];
  return [...pages, ...holds, ...sessions, ...events.slice(0, 2)];
}

test('every page comes alive on real data, in both themes', async ({ page, server, seriousAxe }) => {
  test.setTimeout(480_000); // axe reads about fifty pages
  await setUp(page, server);
  const token = await makeToken(page, 'the proxy');
  await makeKey(page, 'human:ada@browser');
  for (const [session, ceiling] of shipped) {
    expect((await ship(server.url, token, ShippedLog.real(session, ceiling).body)).status).toBe(200);
  }
  for (const [at, place] of (await everyPlace(page)).entries()) {
    await test.step(place, async () => {
      await page.emulateMedia({ colorScheme: at % 2 ? 'dark' : 'light' });
      await page.goto(place);
      await hydrated(page);
      await expect(page.locator('h1')).toBeVisible();
      expect(await seriousAxe()).toEqual([]);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wider).toBeLessThanOrEqual(0);
    });
  }
});

test('the way from the inbox to a hold and its session and back is walked without loading anew', async ({
  page,
  server,
}) => {
  await setUp(page, server);
  const token = await makeToken(page, 'the proxy');
  expect((await ship(server.url, token, ShippedLog.real('ex-telenotes-scripted', 'secret').body)).status).toBe(200);
  await page.goto('/inbox');
  await hydrated(page);
  await page.evaluate(() => document.documentElement.setAttribute('data-never-left', ''));
  await page.locator('.hold-rows a').first().click();
  await expect(page.locator('h1.sentence')).toContainText('wants to');
  await page.locator('main a[href^="/sessions/"]').first().click();
  await expect(page.getByRole('heading', { name: 'Integrity' })).toBeVisible();
  await page.goBack();
  await expect(page.locator('h1.sentence')).toContainText('wants to');
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Inbox' })).toBeVisible();
  await expect(page.locator('html[data-never-left]')).toBeAttached();
});
