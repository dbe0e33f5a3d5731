// What people of a claim do in every story: they file it, come back to it, find it on a desk and decide it.
import assert from 'node:assert/strict';
import { formOf, onward, send, until } from './people.mjs';

/** The form that sends `action` is on the page. */
export const offering = action => `input[name=action][value=${action}]`;

/** What every intake asks of a person. */
export async function aboutMe(page, name, phone) {
  await page.fill('input[name=name]', name);
  await page.fill('input[name=phone]', phone);
  await page.check('input[name=purposes][value=handle_the_case]');
}

/** Files a claim on the page for everybody; `picture` is a file or several. */
export async function fileClaim(story, who, { order, reason = 'damaged', amount, statement, picture, name, phone }) {
  await who.page.goto('/claim');
  await story.see(who, 'claim');
  await who.page.fill('input[name=order_number]', order);
  await who.page.check(`input[name=reason][value=${reason}]`);
  await who.page.check('input[name=ask_kind][value=refund]');
  await who.page.fill('input[name=ask_amount]', amount);
  await onward(who.page);
  await who.page.fill('textarea[name=statement]', statement);
  await who.page.setInputFiles('input[type=file][name=photos]', picture);
  await onward(who.page);
  await aboutMe(who.page, name, phone);
  await who.page.click('form[action="/claim"] button.go[type=submit]');
  await who.page.waitForSelector('.code');
}

/** From the receipt to the tracking page, with the code; what leads there again is returned. */
export async function follow(story, who) {
  await story.see(who, 'done');
  const code = await who.page.locator('.code').getAttribute('aria-label');
  const link = await who.page.locator('section.card a.btn.go').getAttribute('href');
  await who.page.locator('section.card a.btn.go').click();
  await who.page.waitForURL('**/c/**');
  await story.see(who, 'code');
  await enter(who.page, code);
  return { link, code };
}

async function enter(page, code) {
  await page.fill('input[name=code]', code);
  await page.click('form button[type=submit]');
  await page.waitForURL('**/case');
}

/** Comes back to a case by its link and code. */
export async function comeBack({ page }, { link, code }) {
  await page.goto(link);
  await enter(page, code);
}

/** The number of the case that a claimant has before them. */
export const numberOn = page => page.locator('.mono').first().textContent();

/** Finds a case by its number in a list, opens it, and returns its id. */
export async function openIn({ page }, list, number) {
  await page.goto(list);
  await until(page, `main a:has-text("${number}")`);
  await page.locator(`main a:has-text("${number}")`).first().click();
  await page.waitForURL(/[0-9a-f-]{36}$/);
  return new URL(page.url()).pathname.split('/').at(-1);
}

/** Decides a claim, or the appeal about it, by a rule that the page offers to cite. */
export async function decide(page, action, rule, fields) {
  const form = await formOf(page, action);
  await form.locator(`input[name=citation][value^="${rule}|"]`).check();
  await send(page, action, fields);
}
