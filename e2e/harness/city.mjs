// A city of technicians and their visits of one day, made through the API as a shop would: accounts, a table, reports.

/** Reports that are on their way at once. */
const AT_ONCE = 8;
/** Longest wait for the plan after the last report, and between two looks at it. */
const PLANNED_MS = 180_000;
const LOOK_AGAIN_MS = 2_000;
/** Looks at which nothing was planned any more: it is as it stays. */
const STILL = 3;
const DAY_MS = 86_400_000;
const CHINA_MS = 8 * 3_600_000;

/** Asks the API as somebody; anything but success is an error. */
async function ask(url, path, token, body, type = 'application/json') {
  const answer = await fetch(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'Content-Type': type, ...(token && { Authorization: `Bearer ${token}` }) },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** A token of somebody's. */
export const tokenOf = async (url, login, password) => (await ask(url, '/api/v1/sessions', '', { login, password })).token;

/** A lamp that does not work, tomorrow between eight and eight; people and places repeat, so that any number can be reported. */
function report(number) {
  const midnight = Math.floor((Date.now() + CHINA_MS) / DAY_MS) * DAY_MS - CHINA_MS + DAY_MS;
  return {
    kind: 'repair', skill: 'lamp', county: '330106', description: '灯不亮。',
    from: midnight + 8 * 3_600_000, until: midnight + 20 * 3_600_000,
    person: {
      name: '压测样', phone: `139${String(number).padStart(8, '0')}`, address: `杭州西湖区样板路 ${number % 900 + 1} 号`,
      place: { latitude_e6: 30_150_000 + (number * 7_919) % 200_000, longitude_e6: 120_000_000 + (number * 104_729) % 280_000 },
    },
    consent: { notice_version: '2026-11-26', purposes: ['handle_the_case'] },
  };
}

/** Reports one more repair; its receipt. */
export const reported = (url, token, number) => ask(url, '/api/v1/repairs', token, report(number));

/**
 * Adds technicians and reports visits, and waits until the plan has them.
 * @returns {Promise<{day: number, technicians: number, visits: number, waiting: number}>} the fullest day, from today, and what is in it
 */
export async function fill(url, password, { technicians, visits }) {
  const admin = await tokenOf(url, 'admin', password);
  const rows = ['login,display_name,skills,counties,latitude,longitude,reach_m'];
  for (let number = 0; number < technicians; number += 1) {
    const login = `city${number}`;
    await ask(url, '/api/v1/users', admin, { login, display_name: login, roles: ['technician'] });
    const [latitude, longitude] = [30.15 + Math.floor(number / 20) * 0.02, 120 + (number % 20) * 0.015];
    rows.push(`${login},${login},lamp,330106,${latitude.toFixed(3)},${longitude.toFixed(3)},100000`);
  }
  await ask(url, '/api/v1/imports/technicians', admin, `${rows.join('\n')}\n`, 'text/csv');
  const agent = await tokenOf(url, 'agent', password);
  let next = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < visits) {
      next += 1;
      await reported(url, agent, next);
    }
  }));
  const dispatcher = await tokenOf(url, 'dispatcher', password);
  const deadline = Date.now() + PLANNED_MS;
  let still = 0;
  for (let before = -1; ;) {
    const board = await ask(url, '/api/v1/board', dispatcher);
    const planned = board.technicians.flatMap(who => who.visits);
    still = planned.length === before ? still + 1 : 0;
    before = planned.length;
    if (planned.length < visits && still < STILL && Date.now() < deadline) {
      await new Promise(done => setTimeout(done, LOOK_AGAIN_MS));
      continue;
    }
    const perDay = new Map();
    for (const visit of planned) {
      const day = Math.floor((visit.start - board.midnight) / DAY_MS);
      perDay.set(day, (perDay.get(day) ?? 0) + 1);
    }
    const [day, count] = [...perDay].sort(([, one], [, other]) => other - one)[0] ?? [0, 0];
    return { day, technicians: board.technicians.length, visits: count, waiting: board.waiting.length };
  }
}
