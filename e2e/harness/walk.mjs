// Who has which pages, and how all of them are reached by links.

/** Pages without an account, and one that is not there. */
export const OPEN = ['/', '/report', '/claim', '/follow', '/genuine', '/apply', '/verify', '/exchange', '/login', '/design', '/tools/quick-check', '/no-such-page'];
/** Who signs in; what a role sees first is looked at for each, whatever another saw before. */
export const LOGINS = ['admin', 'agent', 'dispatcher', 'tech1', 'merchant', 'reviewer', 'risk', 'auditor'];
/** Pages of one kind that differ by what they are about: so many of each are looked at. */
const OF_A_KIND = { '/desk/cases/{}': 4, '/desk/review/{}': 3, '/desk/inbox/{}': 2, '/desk/jobs/{}': 2 };

/** The page with what differs from case to case left out. */
export function kindOf(path) {
  return path.split('/').map(part => (/^[0-9a-f]{8}-|\d/.test(part) || (/^[A-Za-z0-9_-]{16,}$/.test(part)) ? '{}' : part)).join('/')
    .replace(/^\/desk\/rules\/[^/]+\/[^/]+$/, '/desk/rules/{}/{}');
}

/** Signs in by the form. */
export async function signIn(page, login, password) {
  await page.goto('/login');
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', password);
  await page.click('form[action="/login"] button[type=submit]');
  await page.waitForURL('**/desk**');
}

/** Addresses on the page that lead to other pages: no files, nothing that signs out or changes the language. */
async function linksOf(page) {
  const all = await page.evaluate(() => Array.from(document.querySelectorAll('a[href]:not([download])'), link => link.href));
  return all.map(address => new URL(address))
    .filter(address => address.origin === new URL(page.url()).origin && address.pathname.startsWith('/desk'))
    .filter(address => !/\.(csv|zip|pdf|ics|js|json|webmanifest)$|\/(zip|pdf|export|clip)(\/|$)/.test(address.pathname))
    .filter(address => !address.searchParams.has('lang') && !address.searchParams.has('form'))
    .map(address => address.pathname);
}

/**
 * Calls `visit` with the path of the page that is open and of each that is reached from it, but with no more of a kind than say
 * something; `seen` counts kinds over everybody who walks. The links are those of `page` after each visit.
 * @param {Map<string, number>} seen
 * @param {(path: string, turn: number) => Promise<void>} visit
 * @param {(path: string) => Promise<void>} pass called once for each kind of which others have seen enough
 */
export async function walk(page, seen, visit, pass = async () => {}) {
  const start = new URL(page.url()).pathname;
  const waiting = [start];
  const known = new Set(waiting);
  const kinds = new Set();
  let turn = 0;
  while (waiting.length) {
    const path = waiting.shift();
    const kind = kindOf(path);
    const before = seen.get(kind) ?? 0;
    const isNew = !kinds.has(kind);
    kinds.add(kind);
    if (path !== start && before >= (OF_A_KIND[kind] ?? 1)) {
      if (isNew) await pass(path);
      continue;
    }
    seen.set(kind, before + 1);
    await visit(path, turn);
    turn += 1;
    for (const link of await linksOf(page)) {
      if (known.has(link)) continue;
      known.add(link);
      waiting.push(link);
    }
  }
}
