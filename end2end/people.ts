// What people do in the browser, in their own words: set up, make a key, make a token.
import type { Page } from '@playwright/test';
import { expect } from './fixtures.ts';
import type { Pin } from './guard.ts';
import type { Server } from './server.ts';

export const owner = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' };

/** Opens the one-time link, founds the organisation and is signed in. */
export async function setUp(page: Page, server: Server): Promise<void> {
  await page.goto(server.setupLink);
  await page.getByLabel('Organisation').fill('Analytical Engines');
  await page.getByLabel('Your name').fill(owner.name);
  await page.getByLabel('Email').fill(owner.email);
  await page.getByLabel('Password').fill(owner.password);
  await page.getByRole('button', { name: 'Set up and sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Inbox' })).toBeVisible();
}

/** Makes a key in this browser and returns what the operator pins, read from the snippet on the page. */
export async function makeKey(page: Page, approver: string): Promise<Pin> {
  await page.goto('/keys');
  await hydrated(page);
  await page.getByRole('button', { name: 'Make a key in this browser' }).first().click();
  await page.getByLabel('Approver id').fill(approver);
  await page.getByRole('button', { name: 'Make the key' }).click();
  const config = page.locator('#pin, [aria-labelledby="pin"]').locator('pre').filter({ hasText: approver }).first();
  await expect(config).toBeVisible();
  const { approvals } = JSON.parse(`{${await config.innerText()}}`);
  const pin = (approvals.authorized_keys as Pin[]).find(({ actor_id }) => actor_id === approver);
  if (!pin) throw new Error(`the snippet does not pin ${approver}`);
  return pin;
}

/** Makes a token that ships and relays, and returns its secret, which is shown once. */
export async function makeToken(page: Page, name: string): Promise<string> {
  await page.goto('/settings/tokens');
  await hydrated(page);
  await page.getByRole('button', { name: 'New token' }).first().click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Make the token' }).click();
  const secret = page.locator('.secret-once code');
  await expect(secret).toHaveText(/^mnt_/);
  return secret.innerText();
}

/** Waits until the page answers to clicks, not only reads. */
export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
}
