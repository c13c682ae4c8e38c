// Searching on real shipped sessions: while typing, by keyboard only, from the address, and without scripts.
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { ship } from './guard.ts';
import { type Ceiling, ShippedLog, haveLodestarData } from './log.ts';
import { hydrated, makeToken, owner, setUp } from './people.ts';
import type { Server } from './server.ts';

test.skip(!haveLodestarData, 'the conformance data is not on this machine');

const hits = (page: Page): Locator => page.locator('article.result');
const box = (page: Page): Locator => page.getByRole('searchbox', { name: 'Search all sessions' });

/** Signs in, ships, and waits until `words` are found. Tokens are made at the console, to work without scripts too. */
async function shipped(page: Page, server: Server, log: ShippedLog, words: string): Promise<void> {
  await setUp(page, server);
  const printed = await server.console('admin', 'create-token', '--org', 'Analytical Engines', '--grant', 'ship', '--name', 'x');
  const token = printed.trim().split('\n').at(-1)!;
  expect((await ship(server.url, token, log.body)).status).toBe(200);
  await expect(async () => {
    await page.goto(`/search?q=${encodeURIComponent(words)}`);
    await expect(hits(page)).not.toHaveCount(0, { timeout: 500 });
  }).toPass();
}

const telenotes = (ceiling: Ceiling = 'secret'): ShippedLog => ShippedLog.real('ex-telenotes-scripted', ceiling);

async function openFilters(page: Page, isMobile: boolean): Promise<void> {
  if (isMobile) await page.getByRole('button', { name: 'Filters' }).click();
}

test('typing finds, enter opens the exact place, and back comes back to the search', async ({ page, server, isMobile }) => {
  await shipped(page, server, telenotes(), 'git_push');
  await page.goto('/inbox');
  await hydrated(page);
  if (isMobile) {
    await page.getByRole('navigation', { name: 'Main, phone' }).getByRole('link', { name: 'Search' }).click();
    await box(page).click();
  } else {
    await page.keyboard.press('/');
  }
  await expect(box(page)).toBeFocused();
  await page.keyboard.type('git_push', { delay: 30 });
  await expect(page).toHaveURL(/\/search\?q=git_push$/);
  await expect(hits(page).first().locator('mark').first()).toHaveText(/push|git/i);
  await expect(page.getByRole('status').filter({ hasText: /^\d+ results$/ })).toBeVisible();
  await expect(box(page)).toHaveValue('git_push');

  const first = hits(page).first().getByRole('link');
  const href = await first.getAttribute('href');
  await page.keyboard.press('ArrowDown');
  await expect(first).toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await expect(first).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${server.url}${href}`);
  const sought = page.locator('a.event-row[aria-current="location"]');
  await expect(sought).toBeInViewport();
  await expect(sought).toBeFocused();
  await page.reload();
  await expect(sought).toBeInViewport();
  await hydrated(page);
  await page.goBack();
  await expect(page).toHaveURL(/\/search\?q=git_push$/);
  await expect(box(page)).toHaveValue('git_push');
  await expect(hits(page)).not.toHaveCount(0);
});

test('a filter stands in the address, is a chip, and goes away with back', async ({ page, server, isMobile }) => {
  await shipped(page, server, telenotes(), 'push');
  await hydrated(page);
  const all = await hits(page).count();
  await openFilters(page, isMobile);
  await page.getByRole('checkbox', { name: /^decision/ }).check();
  await expect(page).toHaveURL(/q=push&kind=decision$/);
  await expect(page.getByRole('checkbox', { name: /^decision/ })).toBeChecked();
  if (isMobile) await page.getByRole('button', { name: /^Show \d+ result/ }).click();
  await expect(page.locator('.result .kind-name')).toHaveText(Array(await hits(page).count()).fill('decision'));

  await page.goBack();
  await expect(page).toHaveURL(/q=push$/);
  await expect(hits(page)).toHaveCount(all);
  await page.goForward();
  const chip = page.getByRole('link', { name: 'Without the filter kind decision' });
  await chip.click();
  await expect(page).toHaveURL(/q=push$/);
  await expect(chip).toHaveCount(0);

  await page.goto('/search?q=push+kind%3Adecision');
  await hydrated(page);
  await page.getByRole('link', { name: 'Without the filter kind decision' }).click();
  await expect(page).toHaveURL(/q=push$/);
  await expect(box(page)).toHaveValue('push');
});

test('a slip of the fingers is forgiven and said, and can be searched for exactly', async ({ page, server }) => {
  await shipped(page, server, telenotes(), 'policy');
  await page.goto('/search?q=polciy');
  await hydrated(page);
  await expect(hits(page)).not.toHaveCount(0);
  await expect(page.getByText(/^Showing policy/)).toBeVisible();
  await page.getByRole('link', { name: 'Search exactly' }).click();
  await expect(page.getByRole('heading', { name: 'Nothing matches' })).toBeVisible();
});

test.describe('an engine that is away', () => {
  test.use({
    serverEnv: { MACHINAUT_MEILI_URL: 'http://127.0.0.1:9' }, // nobody answers there
    allowedConsole: [/503/],
  });

  test('is named, and can be asked again', async ({ page, server, seriousAxe }) => {
    await setUp(page, server);
    await page.goto('/search?q=push');
    await hydrated(page);
    const alert = page.getByRole('alert').filter({ hasText: 'This search got no answer.' });
    await expect(alert).toContainText('Meilisearch does not answer.');
    expect(await seriousAxe()).toEqual([]);
    const asked = page.waitForResponse(/api\/search/);
    await alert.getByRole('button', { name: 'Try again' }).click();
    expect((await asked).status()).toBe(503);
    await expect(alert).toBeVisible();
    await expect(page.getByRole('heading', { name: 'How to ask' })).toBeVisible();
    await expect(page.getByRole('status').filter({ hasText: 'results' })).toHaveCount(0);
  });
});

test('what an agent wrote is shown as text, its controls by their code point', async ({ page, server }) => {
  const attack = 'needle <img src=x onerror="document.title=\'owned\'"> \u202egpj.exe';
  const log = telenotes().with('claim.extracted', { id: 'claim-hostile', statement: attack });
  await shipped(page, server, log, 'needle');
  await hydrated(page);
  const title = hits(page).first().locator('h3');
  await expect(title).toContainText('<img src=x onerror=');
  await expect(title.locator('.ctl')).toHaveText('U+202E');
  await expect(title.locator('mark')).toHaveText('needle');
  await expect(page.locator('main img')).toHaveCount(0);

  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Go to' });
  await palette.getByRole('combobox').fill('needle');
  await expect(palette.getByRole('option').filter({ hasText: '<img' }).locator('.ctl')).toHaveText('U+202E');
  await expect(page).toHaveTitle(/^Search/);
});

test('another tenant finds nothing of it', async ({ page, server, browser }) => {
  await shipped(page, server, telenotes(), 'git_push');
  const link = await server.anotherOrganisation('Difference Engines');
  const stranger = await browser.newPage();
  await stranger.goto(link);
  await stranger.getByLabel('Your name').fill('Eve');
  await stranger.getByLabel('Email').fill('eve@example.com');
  await stranger.getByLabel('Password').fill(owner.password);
  await stranger.getByRole('button', { name: 'Sign in with the new password' }).click();
  await expect(stranger.getByRole('heading', { name: 'Inbox' })).toBeVisible();
  await stranger.goto(`${server.url}/search?q=git_push`);
  await expect(stranger.getByRole('heading', { name: 'Nothing matches' })).toBeVisible();
  await expect(stranger.locator('main')).not.toContainText('telenotes');
  await stranger.goto(`${server.url}/search`);
  await expect(stranger.getByRole('heading', { name: 'No agent has spoken to us yet' })).toBeVisible();
  await stranger.close();
});

test('what is withheld is found by what it is and says so', async ({ page, server }) => {
  await shipped(page, server, telenotes('internal'), 'kind:decision');
  await expect(hits(page).first()).toContainText('only type, actor and time were searched');
});

test('a query that is not understood keeps what was found and names the place', async ({ page, server }) => {
  await shipped(page, server, telenotes(), 'push');
  await hydrated(page);
  const found = await hits(page).count();
  await box(page).fill('push kind:klaim');
  await expect(page.getByRole('alert').locator('mark')).toHaveText('kind:klaim');
  await expect(hits(page)).toHaveCount(found);
  await box(page).fill('push kind:claim');
  await expect(page.getByRole('alert').locator('mark')).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Without the filter kind claim' })).toBeVisible();
});

test('later results come below on demand', async ({ page, server }) => {
  await shipped(page, server, telenotes(), 'kind:observation');
  await page.goto('/search');
  await hydrated(page);
  await expect(hits(page)).toHaveCount(20);
  await page.getByRole('link', { name: 'Show more' }).click();
  await expect(hits(page)).toHaveCount(40);
  const places = await hits(page).getByRole('link').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  expect(new Set(places).size).toBeGreaterThan(30);
  await expect(page).toHaveURL(/\/search$/);
});

test('searches are remembered here, saved for the member, opened and deleted', async ({ page, server }) => {
  await shipped(page, server, telenotes(), 'push');
  await hydrated(page);
  await box(page).fill('git_commit');
  await box(page).press('Enter');
  await expect(page).toHaveURL(/q=git_commit$/);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByLabel('Name of this search').fill('commits');
  await page.getByRole('button', { name: 'Save the search' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();

  await page.goto('/search');
  await hydrated(page);
  await expect(page.getByRole('region', { name: /^Recent/ }).getByRole('link', { name: 'git_commit' })).toBeVisible();
  const saved = page.getByRole('region', { name: 'Saved by you' });
  await saved.getByRole('link', { name: 'commits' }).click();
  await expect(box(page)).toHaveValue('git_commit');
  await expect(hits(page)).not.toHaveCount(0);
  await page.goBack();
  await page.getByRole('button', { name: 'Delete the saved search commits' }).click();
  await expect(saved).toHaveCount(0);
  await page.getByRole('button', { name: 'Clear' }).click();
  await expect(page.getByRole('region', { name: /^Recent/ })).toHaveCount(0);
});

test('the palette goes to pages, sessions and links, and gives the focus back', async ({ page, server, isMobile }) => {
  test.skip(isMobile, 'a phone has no such keyboard');
  await shipped(page, server, telenotes(), 'git_push');
  await page.goto('/keys');
  await hydrated(page);
  const link = page.getByRole('link', { name: 'Sessions' }).first();
  await link.focus();
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Go to' });
  const field = palette.getByRole('combobox');
  await expect(field).toBeFocused();
  await expect(palette.getByRole('option').filter({ hasText: 'session' }).last()).toBeVisible();
  await expect(palette.getByRole('option').filter({ has: page.getByText('hold', { exact: true }) })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(palette).toBeHidden();
  await expect(link).toBeFocused();

  await page.keyboard.press('Control+k');
  await field.fill('tok');
  await expect(palette.getByRole('option', { name: 'Tokens' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/settings\/tokens$/);

  await page.keyboard.press('Control+k');
  await field.fill('git_push');
  const found = palette.getByRole('option').filter({ has: page.locator('mark') }).first();
  await expect(found).toBeVisible();
  await page.keyboard.press('ArrowUp');
  await expect(palette.getByRole('option').last()).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/search\?q=git_push$/);
  await expect(box(page)).toHaveValue('git_push');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every state of the search can be read and used by anybody, ${colorScheme}`, async ({
    page,
    server,
    seriousAxe,
    isMobile,
  }) => {
    test.setTimeout(180_000); // axe reads seven states
    await page.emulateMedia({ colorScheme });
    await shipped(page, server, telenotes(), 'push');
    const fits = async (): Promise<void> => {
      expect(await seriousAxe()).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    };
    for (const place of ['/search', '/search?q=push&kind=action&last=1y', '/search?q=zzzzzz', '/search?q=kind%3Aklaim']) {
      await test.step(place, async () => {
        await page.goto(place);
        await hydrated(page);
        await fits();
      });
    }
    await page.goto('/search?q=push');
    await hydrated(page);
    await page.getByRole('button', { name: 'Save' }).click();
    await fits();
    await page.keyboard.press('Escape');
    if (isMobile) {
      await openFilters(page, isMobile);
      await fits();
      await page.keyboard.press('Escape');
    }
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('option').first()).toBeVisible();
    await fits();
  });
}

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('a plain form searches, filters, orders and goes on', async ({ page, server, isMobile }) => {
    await shipped(page, server, telenotes(), 'push');
    await page.goto('/search');
    await box(page).fill('mcp');
    await box(page).press('Enter');
    await expect(page).toHaveURL(/q=mcp/);
    await expect(hits(page)).toHaveCount(20);
    await page.getByRole('link', { name: 'Show more' }).click();
    await expect(page).toHaveURL(/after=/);
    await expect(hits(page)).not.toHaveCount(0);
    await page.getByRole('link', { name: 'To the first results' }).click();
    await openFilters(page, isMobile);
    await page.getByRole('checkbox', { name: /^action/ }).check();
    await page.getByRole('button', { name: 'Apply the filters' }).click();
    await expect(page).toHaveURL(/kind=action/);
    await expect(page.locator('.result .kind-name')).toHaveText(Array(await hits(page).count()).fill('action'));
    await page.getByRole('link', { name: 'Newest' }).click();
    await expect(page).toHaveURL(/sort=newest/);
    await expect(hits(page)).not.toHaveCount(0);
  });
});
