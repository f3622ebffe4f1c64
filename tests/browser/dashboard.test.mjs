// The dashboard in a browser, over figures that are the same each day: what stands there is what the API says, it asks
// little and only its own host, text from events stays text, and everybody can use it.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import test, { after, afterEach, before } from 'node:test'

import { demoEvents, demoGoals, HOSTILE } from './demo-data.mjs'
import { RECKON, end, newSite, newVisitor, until } from './support.mjs'

const AXE = readFileSync(createRequire(`${process.env.RECKON_TOOLS}/`).resolve('axe-core/axe.min.js'), 'utf8')
const PICTURES = new URL('../../target/dashboard/', import.meta.url).pathname
mkdirSync(PICTURES, { recursive: true })

/** The most bytes of the first view, with all that it asks of the API. */
const LARGEST_VIEW = 100_000
const MOST_CALLS = 6
const DESKTOP = { width: 1280, height: 900 }
const PHONE = { width: 390, height: 844 }

let site
let empty
let context
let tab
let faults
let asked

before(async () => {
  [site, empty] = [await newSite('shop').catch(() => newSite()), await newSite()]
  const events = demoEvents(new Date())
  for (let at = 0; at < events.length; at += 1_000) await site.manage('POST', '/v1/events', events.slice(at, at + 1_000))
  for (const goal of demoGoals(new Date())) await site.manage('POST', '/v1/goals', goal)
  const [{ occurred_at: first }, sales] = [events[0], events.filter(({ kind }) => kind == 'sale').reduce((sum, { count }) => sum + count, 0)]
  await until(async () => (await site.report(`summary?from=${first.slice(0, 10)}`)).metrics.sales == sales, 'the events to be counted', 120_000)
})
after(end)
afterEach(async () => {
  await context?.close()
  context = null
  assert.deepEqual(faults, [], 'the page broke its policy or threw')
})

/** Opens the dashboard, signed in unless told otherwise. */
const open = async ({ hash = '', key = site.read, ready = true, ...options } = {}) => {
  context = await newVisitor({ locale: 'en-US', viewport: DESKTOP, ...options })
  tab = await context.newPage()
  faults = []
  asked = []
  tab.on('pageerror', error => faults.push(String(error)))
  tab.on('console', line => line.type() == 'error' && !/status of (401|403|5\d\d)|ERR_|Failed to load/.test(line.text()) && faults.push(line.text()))
  tab.on('request', request => asked.push(request))
  await tab.addInitScript(key => {
    addEventListener('securitypolicyviolation', event => console.error(`refused: ${event.violatedDirective} ${event.blockedURI}`))
    if (key && !sessionStorage.getItem('been')) sessionStorage.setItem('reckon.key', key)
    sessionStorage.setItem('been', 'yes')
  }, key)
  await tab.goto(`${RECKON}/${hash}`)
  if (key && ready) await settled()
}
const settled = () => tab.waitForSelector('main[aria-busy=false]')
const calls = () => asked.map(request => request.url().replace(RECKON, '')).filter(path => path.startsWith('/v1/'))
const text = selector => tab.locator(selector).first().innerText()

/** Holds what stands there to a figure: the very number for programs, and for people no more rounded than it looks. */
const holds = (seen, value, place) => {
  if (value === null) return assert.match(seen.text, /^–/, place)
  assert.equal(seen.value, value, place)
  const digits = seen.text.replace('−', '-').replace(/[^\d.-]/g, '')
  const scale = seen.text.includes('%') ? 100 : 1
  const shown = Number(digits.split('.')[1]?.length ?? 0)
  assert.ok(Math.abs(Number(digits) - value * scale) <= 0.5000001 * 10 ** -shown, `${place}: ${seen.text} is not ${value}`)
}
/** What the cells of a table say, by row. */
const table = selector => tab.locator(selector).evaluateAll(rows => rows.map(row => ({
  name: row.dataset.row ?? row.querySelector('th').innerText,
  cells: [...row.querySelectorAll('td')].map(cell => {
    const data = cell.querySelector('data')
    return { value: data && Number(data.value), text: cell.innerText.trim() }
  })
})))

test('a page opened without a key asks for one, once, and says why another will not do', async () => {
  await open({ key: '' })
  assert.deepEqual(calls(), [], 'nothing is asked before there is a key')
  assert.ok(await tab.evaluate(() => document.activeElement.id == 'key'))
  for (const [key, sentence] of [
    ['', /Paste a read key/],
    ['rk_write_abc', /write key: it sends events and reads nothing.*rk_read_/],
    ['rk_publish_abc', /publish key: it sends events/],
    ['rk_admin_abc', /admin key.*Make a read key/],
    ['rk_operator_abc', /operator/],
    ['hunter2', /no key of Reckon/]
  ]) {
    await tab.fill('#key', key)
    await tab.keyboard.press('Enter')
    assert.match(await text('[role=alert]'), sentence, key)
  }
  assert.deepEqual(calls(), [])
  await tab.fill('#key', 'rk_read_wrong')
  await tab.keyboard.press('Enter')
  await tab.waitForFunction(() => /not known/.test(document.querySelector('.sign-in [role=alert]')?.innerText))
  assert.equal(await tab.evaluate(() => sessionStorage.getItem('reckon.key')), null)
  await tab.fill('#key', ` ${site.read} `)
  await tab.keyboard.press('Enter')
  await settled()
  assert.equal(await text('.brand h1'), site.id)
  await tab.reload()
  await settled()
  assert.equal(await tab.locator('#key').count(), 0, 'the tab keeps it')
})

test('the key stands in the tab alone, and signing out forgets it', async () => {
  await open()
  await tab.selectOption('.controls select >> nth=0', '7d')
  await settled()
  assert.ok(!asked.some(request => request.url().includes('rk_')), 'never in an address')
  assert.ok(!(await tab.evaluate(() => location.href + JSON.stringify(localStorage) + document.cookie + document.body.innerHTML)).includes('rk_read_'))
  assert.equal((await context.cookies()).length, 0)
  const sent = asked.filter(request => request.url().includes('/v1/')).map(request => request.headers().authorization)
  assert.deepEqual([...new Set(sent)], [`Bearer ${site.read}`])
  await tab.getByRole('button', { name: 'Sign out' }).click()
  await tab.waitForSelector('#key')
  assert.equal(await tab.evaluate(() => JSON.stringify(sessionStorage).includes('rk_')), false)
  await tab.reload()
  await tab.waitForSelector('#key')
})

test('the first view is light: at most six calls, none twice, and nobody else is asked', async () => {
  context = await newVisitor({ locale: 'en-US', viewport: DESKTOP })
  await context.close()
  await open({ key: '' })
  const network = await context.newCDPSession(tab)
  await network.send('Network.enable')
  await network.send('Network.setCacheDisabled', { cacheDisabled: true })
  let bytes = 0
  network.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength })
  asked = []
  await tab.evaluate(key => sessionStorage.setItem('reckon.key', key), site.read)
  await tab.reload()
  await settled()
  const made = calls()
  assert.ok(made.length <= MOST_CALLS, made.join('\n'))
  assert.equal(new Set(made).size, made.length, made.join('\n'))
  assert.ok(asked.every(request => request.url().startsWith(`${RECKON}/`)), asked.map(request => request.url()).join('\n'))
  assert.ok(bytes > 10_000 && bytes < LARGEST_VIEW, `${bytes} bytes`)
  console.log(`first view: ${made.length} calls, ${bytes} bytes`)
})

test('the tiles are the summary', async () => {
  await open()
  const { metrics, undefined: reasons, previous, change } = await site.report('summary?compare=previous')
  const tiles = await tab.locator('.tile').evaluateAll(tiles => tiles.map(tile => {
    const read = selector => {
      const data = tile.querySelector(`${selector} data`) ?? tile.querySelector(`data${selector}`)
      return { value: data && Number(data.value), text: (data ?? tile.querySelector(selector)).innerText.trim() }
    }
    return { metric: tile.dataset.metric, now: read('.value'), before: read('.before'), change: read('.change'), line: tile.querySelector('.sparkline path')?.getAttribute('d') }
  }))
  assert.equal(tiles.length, 8)
  for (const { metric, now, before, change: turned, line } of tiles) {
    holds(now, metrics[metric], metric)
    holds(before, previous.metrics[metric], `${metric} before`)
    assert.equal(turned.value, change[metric].delta, `${metric} change`)
    assert.ok(Math.abs(parseFloat(turned.text.replace('−', '-').replace(/[^\d.-]/g, '')) - change[metric].ratio * 100) <= 0.5, `${metric}: ${turned.text}`)
    assert.ok(line.length > 100, `${metric} has a course`)
  }
  assert.deepEqual(reasons.roas, undefined)
})

test('a figure that is undefined is a dash with its reason', async () => {
  await open({ hash: '#channel=email' })
  const { undefined: reasons } = await site.report('summary?channel=email')
  assert.equal(reasons.cvr, 'no clicks')
  const tile = tab.locator('.tile[data-metric=cvr] .value .none')
  assert.match(await tile.textContent(), /^– undefined: no clicks$/)
  assert.match(await tile.getAttribute('title'), /CVR is undefined: no clicks/)
})

test('the channels are the report of the channels, ranked by what is charted', async () => {
  await open()
  for (const metric of ['revenue', 'visits']) {
    await tab.locator(`.tile[data-metric=${metric}]`).click()
    const { rows, total } = await site.report('channels?compare=previous')
    const columns = ['conversions', 'revenue', 'spend', 'roas'].filter(each => each != metric)
    const expected = [...rows].sort((left, right) => right.metrics[metric] - left.metrics[metric])
    const seen = await table('.channels tbody tr')
    assert.deepEqual(seen.map(({ name }) => name), expected.map(({ channel }) => channel))
    seen.forEach(({ name, cells }, index) => {
      const row = expected[index]
      holds(cells[0], row.metrics[metric], `${name} ${metric}`)
      holds(cells[1], row.share[metric], `${name} share`)
      assert.equal(cells[2].value, row.change[metric].delta, `${name} change`)
      columns.forEach((column, place) => holds(cells[3 + place], row.metrics[column], `${name} ${column}`))
    })
    const [{ cells }] = await table('.channels tfoot tr')
    holds(cells[0], total.metrics[metric], `total ${metric}`)
  }
})

test('the breakdown is the report, sorted by it, and goes on until it is complete', async () => {
  await open()
  const columns = ['visits', 'clicks', 'conversions', 'cvr', 'revenue', 'spend', 'roas', 'cpa']
  const compare = async (by, sort) => {
    const { rows, total } = await site.report(`breakdown?by=${by}&sort=${sort}&compare=previous&limit=1000`)
    const seen = await table('.breakdown tbody tr')
    assert.deepEqual(seen.map(({ name }) => name), rows.map(row => row[by]), `${by} by ${sort}`)
    seen.forEach(({ name, cells }, index) => {
      columns.forEach((column, place) => holds(cells[place], rows[index].metrics[column], `${name} ${column}`))
      assert.equal(cells[columns.length].value, rows[index].change[sort.replace('-', '')].delta, `${name} change`)
    })
    const [{ cells }] = await table('.breakdown tfoot tr')
    columns.forEach((column, place) => holds(cells[place], total.metrics[column], `total ${column}`))
  }
  await compare('campaign', '-revenue')
  await tab.locator('.breakdown th button', { hasText: 'Visits' }).click()
  await settled()
  await compare('campaign', '-visits')
  await tab.locator('.breakdown th button', { hasText: 'Visits' }).click()
  await settled()
  await compare('campaign', 'visits')
  assert.equal(await tab.locator('.breakdown th[aria-sort]').getAttribute('aria-sort'), 'ascending')
  await tab.selectOption('.breakdown select', 'country')
  await settled()
  await compare('country', 'visits')
  const offered = await tab.locator('.breakdown select option').evaluateAll(options => options.map(({ value }) => value))
  assert.deepEqual(offered, (await site.ask('/v1/metadata')).dimensions)
})

test('more rows come page by page until there are no more', async () => {
  const many = await newSite()
  const now = new Date(Date.now() - 1_000).toISOString()
  await many.manage('POST', '/v1/events', Array.from({ length: 130 }, (_, index) => (
    { id: `c-${index}`, kind: 'sale', value: String(1_000 - index), occurred_at: now, utm: { source: 's', medium: 'cpc', campaign: `campaign ${index}` } })))
  await until(async () => (await many.report('summary')).metrics.sales == 130, 'the sales')
  await open({ key: many.read })
  const names = async () => (await table('.breakdown tbody tr')).map(({ name }) => name)
  assert.equal((await names()).length, 25)
  assert.match(await text('.breakdown > footer'), /The first 25 rows/)
  await tab.getByRole('button', { name: 'Load more' }).click()
  await tab.waitForFunction(() => document.querySelectorAll('.breakdown tbody tr').length == 125)
  await tab.getByRole('button', { name: 'Load more' }).click()
  await tab.waitForFunction(() => document.querySelectorAll('.breakdown tbody tr').length == 130)
  assert.match(await text('.breakdown > footer'), /All 130 rows/)
  assert.equal(await tab.getByRole('button', { name: 'Load more' }).count(), 0)
  assert.deepEqual(await names(), Array.from({ length: 130 }, (_, index) => `campaign ${index}`))
})

test('the time series is the report, at each interval, for each metric, and for the largest channels', async () => {
  await open({ hash: '#period=7d' })
  await tab.locator('.chart summary').click()
  const compare = async (metric, interval) => {
    const { rows, previous } = await site.report(`timeseries?${new URLSearchParams(await days())}&interval=${interval}&compare=previous`)
    const seen = await table('.series-table tbody tr')
    assert.equal(seen.length, rows.length)
    const now = Date.now()
    seen.forEach(({ name, cells }, index) => {
      const begun = Date.parse(rows[index].start) <= now
      if (begun) holds(cells[0], rows[index].metrics[metric], `${metric} ${name}`)
      else assert.equal(cells[0].text, '', `${name} has not begun`)
      // The other period ends where this one's data does.
      if (index < previous.rows.length) holds(cells[1], previous.rows[index].metrics[metric], `${metric} before ${name}`)
      else assert.equal(cells[1].text, '', `${name} was not taken`)
    })
  }
  const days = async () => (({ from, to }) => ({ from, to }))((await site.report(`summary?from=${daysAgo(6)}`)).query)
  await compare('revenue', 'day')
  for (const metric of ['visits', 'roas']) {
    await tab.selectOption('.chart label:has-text("Metric") select', metric)
    await compare(metric, 'day')
  }
  await tab.selectOption('.chart label:has-text("Interval") select', 'hour')
  await settled()
  await compare('roas', 'hour')
  await tab.selectOption('.chart label:has-text("Interval") select', 'day')
  await tab.locator('.tile[data-metric=revenue]').click()
  await tab.selectOption('.chart label:has-text("Lines") select', 'channel')
  await settled()
  const { rows } = await site.report(`timeseries?${new URLSearchParams(await days())}&interval=day&by=channel`)
  const sums = new Map()
  for (const { channel, metrics } of rows) sums.set(channel, (sums.get(channel) ?? 0) + metrics.revenue)
  const top = [...sums].sort(([, left], [, right]) => right - left).slice(0, 5).map(([channel]) => channel)
  const seen = await table('.series-table tbody tr')
  const label = name => (name[0].toUpperCase() + name.slice(1)).replaceAll('_', ' ')
  const heads = (await tab.locator('.series-table thead th').allInnerTexts()).slice(1)
  assert.deepEqual([...heads].sort(), top.map(label).sort())
  const starts = [...new Set(rows.map(({ start }) => start))]
  seen.forEach(({ cells }, at) => heads.forEach((head, place) => {
    const row = rows.find(({ start, channel }) => start == starts[at] && label(channel) == head)
    holds(cells[place], row.metrics.revenue, `${head} ${starts[at]}`)
  }))
})
const daysAgo = days => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)

test('the goals are what the API says of them, in one call', async () => {
  await open()
  assert.deepEqual(calls().filter(path => path.includes('goals')), ['/v1/goals/progress'])
  // What is expected grows by the minute, so the page's own answer is the one to hold it to.
  const answered = await asked.find(request => request.url().includes('goals')).response()
  const { goals, complete } = await answered.json()
  assert.equal(complete, true)
  const same = await site.ask('/v1/goals/progress')
  assert.deepEqual(goals.map(({ goal, actual, target }) => ({ goal, actual, target })), same.goals.map(({ goal, actual, target }) => ({ goal, actual, target })))
  const seen = await tab.locator('.goals li[data-goal]').evaluateAll(items => items.map(item => ({
    id: item.dataset.goal, status: item.querySelector('.badge').innerText, told: item.querySelector('.progress').ariaLabel,
    figures: [...item.querySelectorAll('data')].map(data => Number(data.value))
  })))
  const words = { achieved: 'Achieved', on_track: 'On track', at_risk: 'At risk', off_track: 'Off track' }
  const urgency = ['off_track', 'at_risk', 'on_track', 'achieved']
  goals.sort((left, right) => urgency.indexOf(left.status) - urgency.indexOf(right.status))
  assert.deepEqual(seen.map(({ id }) => id), goals.map(({ goal }) => goal.id), 'what is off its track stands first')
  assert.ok(new Set(seen.map(({ status }) => status)).size > 1, 'not all stand alike')
  seen.forEach(({ status, figures, told }, index) => {
    const { actual, share, expected_by_now: expected, projected, status: expectedStatus } = goals[index]
    assert.equal(status, words[expectedStatus])
    assert.deepEqual(figures, [actual, share, expected, projected].filter(figure => figure !== null))
    assert.match(told, /expected by now/)
  })
})

test('a click limits everything to a channel or a row, chips take it back, and so does the way back', async () => {
  await open()
  const sales = async () => Number(await tab.locator('.tile[data-metric=conversions] .value data').getAttribute('value'))
  const all = await sales()
  await tab.getByRole('button', { name: 'Email', exact: true }).click()
  await settled()
  const { metrics } = await site.report('summary?channel=email')
  assert.equal(await sales(), metrics.conversions)
  assert.match(tab.url(), /#channel=email$/)
  assert.deepEqual((await table('.channels tbody tr')).map(({ name }) => name), ['email'])
  assert.deepEqual((await table('.breakdown tbody tr')).map(({ name }) => name).sort(), ['weekly', 'win-back'])
  const offered = await tab.locator('.breakdown select option').evaluateAll(options => options.map(({ value }) => value))
  assert.deepEqual(offered, ['channel', 'campaign'], 'only what is kept together with channels')
  await tab.getByRole('button', { name: 'win-back' }).click()
  await settled()
  const both = await site.report('summary?channel=email&campaign=win-back')
  assert.equal(await sales(), both.metrics.conversions)
  assert.deepEqual(await tab.locator('.chips .chip').allInnerTexts(), ['Channel: Email', 'Campaign: win-back'])
  await tab.reload()
  await settled()
  assert.equal(await sales(), both.metrics.conversions, 'a bookmark is the view')
  await tab.getByRole('button', { name: 'Remove the filter Campaign: win-back' }).click()
  await settled()
  assert.equal(await sales(), metrics.conversions)
  await tab.goBack()
  await settled()
  assert.equal(await sales(), both.metrics.conversions)
  await tab.getByRole('button', { name: 'Remove all' }).click()
  await settled()
  assert.equal(await sales(), all)
})

test('a picker asks anew for what it changes and for nothing else', async () => {
  await open()
  const since = async act => {
    asked = []
    await act()
    await tab.waitForTimeout(50)
    await settled()
    return calls().map(path => path.replace('/v1/', '').split('?')[0]).sort()
  }
  const reports = ['reports/breakdown', 'reports/channels', 'reports/summary', 'reports/timeseries']
  assert.deepEqual(await since(() => tab.locator('.tile[data-metric=spend]').click()), [])
  assert.deepEqual(await since(() => tab.selectOption('.chart label:has-text("Interval") select', 'week')), ['reports/timeseries'])
  assert.deepEqual(await since(() => tab.selectOption('.breakdown select', 'device')), ['reports/breakdown'])
  assert.deepEqual(await since(() => tab.selectOption('.controls select >> nth=1', 'none')), reports)
  assert.equal(await tab.locator('.change').count(), 0)
  assert.deepEqual(await since(() => tab.selectOption('.controls select >> nth=1', 'year')), reports)
  const { previous } = await site.report('summary?compare=year')
  assert.equal(Number(await tab.locator('.tile[data-metric=spend] .before data').getAttribute('value')), previous.metrics.spend)
  assert.deepEqual(await since(() => tab.selectOption('.controls select >> nth=1', 'none')), [], 'what was answered is known')
  assert.deepEqual(await since(() => tab.getByRole('button', { name: 'Refresh' }).click()), [...reports, 'goals/progress', 'metadata'].sort())
})

test('any days can be chosen, and days that make no sense are refused', async () => {
  await open()
  await tab.selectOption('.controls select >> nth=0', 'custom')
  await tab.fill('input[type=date] >> nth=0', '2026-05-02')
  await tab.fill('input[type=date] >> nth=1', '2026-05-01')
  await tab.getByRole('button', { name: 'Show', exact: true }).click()
  assert.match(await text('.controls [role=alert]'), /first day is after the last/)
  await tab.fill('input[type=date] >> nth=0', daysAgo(40))
  await tab.fill('input[type=date] >> nth=1', daysAgo(31))
  await tab.getByRole('button', { name: 'Show', exact: true }).click()
  await settled()
  const { metrics } = await site.report(`summary?from=${daysAgo(40)}&to=${daysAgo(31)}`)
  assert.equal(Number(await tab.locator('.tile[data-metric=revenue] .value data').getAttribute('value')), metrics.revenue)
  asked = []
  const year = tab.locator('input[type=date] >> nth=1')
  assert.equal(await year.getAttribute('max'), '2100-12-31', 'a year has four digits')
  for (const [from, to, sentence] of [['2020-01-01', '2026-01-01', /At most 25 months/], ['2026-01-01', '20266-01-01', /years go from 1990 to 2100/]]) {
    await tab.locator('input[type=date] >> nth=0').fill(from)
    await year.evaluate((input, to) => {
      input.value = to
      input.dispatchEvent(new InputEvent('input', { bubbles: true }))
    }, to)
    await tab.getByRole('button', { name: 'Show', exact: true }).click()
    assert.match(await text('.controls [role=alert]'), sentence)
  }
  assert.deepEqual(calls(), [], 'what the picker refuses is not asked')
  await tab.evaluate(() => { location.hash = '#period=custom&from=2020-01-01&to=2026-01-01' })
  await tab.waitForSelector('.failure')
  assert.match(await text('.failure'), /at most 25 months/)
  await tab.getByRole('button', { name: 'Begin with the last 30 days' }).click()
  await settled()
  assert.equal(await tab.locator('.failure').count(), 0)
})

test('a name that is markup stays a name', async () => {
  await open()
  assert.equal(await tab.locator('.breakdown button.pick', { hasText: HOSTILE }).count(), 1)
  assert.equal(await tab.locator('main img').count(), 0)
  await tab.locator('.breakdown button.pick', { hasText: HOSTILE }).click()
  await settled()
  assert.equal(await text('.chips b'), HOSTILE)
  assert.notEqual(await tab.title(), 'taken')
  // What no dimension and no metric is called, and every object has.
  await tab.goto(`${RECKON}/#constructor=a&__proto__=b&sort=-constructor&campaign=%3Cscript%3Edocument.title%3D%22taken%22%3C%2Fscript%3E&by=%3Cb%3E&metric=constructor`)
  await tab.reload()
  await settled()
  assert.match(await text('.failure'), /"constructor" is not a metric/)
  assert.deepEqual(await tab.locator('.chips b').allInnerTexts(), ['<script>document.title="taken"</script>'])
  assert.notEqual(await tab.title(), 'taken')
})

test('filters that are not kept together say so, in a bookmark as well', async () => {
  await open({ hash: '#country=DE&device=tablet' })
  assert.match(await text('.failure'), /not kept by Country and Device together/)
  await tab.getByRole('button', { name: 'Remove the filter Device: tablet' }).click()
  await settled()
  const { metrics } = await site.report('summary?country=DE')
  assert.equal(Number(await tab.locator('.tile[data-metric=visits] .value data').getAttribute('value')), metrics.visits)
  assert.match(await text('.channels'), /not kept together with the filter Country/)
  assert.deepEqual(await tab.locator('.failure').count(), 0)
})

test('what goes wrong is told, with what to do', async () => {
  await open()
  const fault = async (answer, times = Infinity) => {
    let left = times
    await tab.unroute('**/v1/reports/**')
    await tab.route('**/v1/reports/**', route => left-- > 0 ? answer(route) : route.continue())
  }
  const problem = (status, detail, headers = {}) => route =>
    route.fulfill({ status, headers, contentType: 'application/problem+json', body: JSON.stringify({ status, detail, instance: '01ABC' }) })
  const refresh = async () => {
    await tab.getByRole('button', { name: 'Refresh' }).click()
    await settled()
  }
  await fault(problem(503, 'busy', { 'retry-after': '1' }), 2)
  await refresh()
  assert.equal(await tab.locator('.failure').count(), 0, 'it was asked again by itself')
  await fault(problem(503, 'busy', { 'retry-after': '1' }))
  await refresh()
  assert.match(await text('.failure'), /busy.*try again/is)
  assert.ok(await tab.locator('.tile .value data').count() > 0, 'the figures before stay')
  await fault(route => route.continue())
  await tab.getByRole('button', { name: 'Try again' }).click()
  await settled()
  assert.equal(await tab.locator('.failure').count(), 0)
  await fault(problem(500, 'no'))
  await refresh()
  assert.match(await text('.failure'), /mistake.*01ABC/is)
  await fault(route => route.abort('connectionrefused'))
  await refresh()
  assert.match(await text('.failure'), /does not answer/)
  await context.setOffline(true)
  await fault(route => route.continue())
  await refresh()
  assert.match(await text('.failure'), /You are offline/)
  await context.setOffline(false)
  await tab.getByRole('button', { name: 'Try again' }).click()
  await settled()
  assert.equal(await tab.locator('.failure').count(), 0)
  await fault(problem(401, 'The key has expired. Make a new one with POST /v1/keys.'))
  await tab.getByRole('button', { name: 'Refresh' }).click()
  await tab.waitForSelector('#key')
  assert.match(await text('[role=alert]'), /has expired. Make a new one/)
})

test('figures of another question never stand under this one', async () => {
  await open()
  const asIf = (report, status) => tab.route(`**/v1/reports/${report}?**`, route => route.fulfill({
    status, contentType: 'application/problem+json', body: JSON.stringify({ status, instance: '01ABC' })
  }))
  await asIf('summary', 500)
  await asIf('breakdown', 500)
  await tab.getByRole('button', { name: 'Email', exact: true }).click()
  await settled()
  assert.equal(await tab.locator('.tile .value data').count(), 0, 'all channels are not e-mail')
  assert.equal(await tab.locator('.breakdown table').count(), 0)
  for (const panel of ['[aria-labelledby=tiles-title]', '.breakdown']) assert.match(await text(`${panel} .missing`), /Not loaded.*mistake/)
  assert.equal(await tab.locator('.channels .missing, .chart .missing').count(), 0, 'only what failed says so')
  assert.deepEqual((await table('.channels tbody tr')).map(({ name }) => name), ['email'])
  await tab.unroute('**/v1/reports/**')
  await tab.unrouteAll()
  await tab.getByRole('button', { name: 'Try again' }).click()
  await settled()
  const { metrics } = await site.report('summary?channel=email')
  assert.equal(Number(await tab.locator('.tile[data-metric=revenue] .value data').getAttribute('value')), metrics.revenue)
  assert.equal(await tab.locator('.missing').count(), 0)
})

test('the other period is drawn, listed and told as far as it was taken', async () => {
  await open({ hash: '#period=7d&interval=hour&metric=visits' })
  // It goes on by the minute, so the page's own answer is the one to hold it to.
  const { rows, previous } = await (await asked.findLast(request => request.url().includes('timeseries')).response()).json()
  assert.ok(previous.until, 'the API tells how far')
  assert.ok(Date.parse(previous.rows.at(-1).start) < Date.parse(previous.until), 'and has nothing beyond')
  const isCut = Date.parse(previous.until) < Date.parse(previous.rows.at(-1).start) + 3_600_000
  const until = new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
    .format(new Date(previous.until))
  assert.ok((await text('.freshness')).includes(`until ${until}`), await text('.freshness'))
  // What is drawn of a line: its points and its end, which is another path.
  const ends = await tab.locator('.series.before').evaluate(line => ({
    points: line.querySelector('.over').getAttribute('d').split(/[ML]/).length - 1, partial: line.querySelectorAll('.runs').length
  }))
  assert.deepEqual(ends, isCut ? { points: previous.rows.length - 1, partial: 1 } : { points: previous.rows.length, partial: 0 })
  await tab.locator('.plot').focus()
  await tab.keyboard.press('End')
  const told = await tab.locator('.plot [aria-live]').textContent()
  if (previous.rows.length < rows.length) assert.doesNotMatch(told, new RegExp(`, ${new Date(previous.from).toLocaleDateString('en-US', { timeZone: 'UTC', month: 'short', day: 'numeric' })}`))
  await tab.keyboard.press('Home')
  for (let step = 1; step < previous.rows.length; step += 1) await tab.keyboard.press('ArrowRight')
  assert.match(await tab.locator('.plot [aria-live]').textContent(), new RegExp(`${isCut ? `until ${until}` : ''} ${previous.rows.at(-1).metrics.visits}`))
  // Nothing a year ago: no line along the bottom.
  await tab.selectOption('.controls select >> nth=1', 'year')
  await settled()
  assert.equal(await tab.locator('.series.before').count(), 0)
  assert.match(await text('.legend'), /No Visits in/)
})

test('no figure is cut, however long it is and however narrow the page', async () => {
  const rich = await newSite()
  await rich.manage('POST', '/v1/events', [
    ...[1, 2].map(index => ({ id: `s-${index}`, kind: 'sale', value: '2500315.63', occurred_at: new Date(Date.now() - index * 86_400_000).toISOString() })),
    { id: 'v', kind: 'view', count: 900_000_000, occurred_at: new Date(Date.now() - 86_400_000).toISOString() },
    ...Array.from({ length: 900 }, (_, index) => ({ id: `c-${index}`, kind: 'spend', value: '999999999.99', occurred_at: new Date(Date.now() - 86_400_000).toISOString() }))
  ])
  await until(async () => (await rich.report('summary')).metrics.spend == 899_999_999_991, 'the amounts')
  for (const width of [320, 375, 1024]) {
    for (const key of [site.read, rich.read]) {
      await context?.close()
      await open({ key, viewport: { width, height: 800 } })
      const cut = await tab.locator('.tile .value, .tile .row').evaluateAll(places =>
        places.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).map(({ innerText }) => innerText))
      assert.deepEqual(cut, [], String(width))
      assert.ok(await tab.locator('.tile .value').evaluateAll(places => places.every(place => parseFloat(getComputedStyle(place).fontSize) >= 11)), 'and each can be read')
    }
  }
  const spend = tab.locator('.tile[data-metric=spend] .value data')
  assert.deepEqual([await spend.getAttribute('value'), await spend.getAttribute('title')], ['899999999991', '€899,999,999,991.00'])
  assert.match(await spend.innerText(), /^€900B/)
})

test('a finger is told of a point as a mouse is, and lifting it changes nothing', async () => {
  await open({ viewport: PHONE, isMobile: true, hasTouch: true })
  await tab.locator('.plot').scrollIntoViewIfNeeded()
  const { x, y, width } = await tab.locator('.plot').boundingBox()
  await tab.touchscreen.tap(x + width / 2, y + 120)
  await tab.waitForTimeout(300)
  const first = await text('.tip')
  assert.match(first, /\d/)
  await tab.touchscreen.tap(x + width - 40, y + 120)
  assert.notEqual(await text('.tip'), first)
  await tab.touchscreen.tap(x + 20, y - 30)
  await tab.waitForFunction(() => !document.querySelector('.tip'))
  await tab.touchscreen.tap(x + width / 2, y + 120)
  await tab.waitForSelector('.tip')
  await tab.keyboard.press('Escape')
  await tab.waitForFunction(() => !document.querySelector('.tip'))
})

test('the focus stays where one goes on', async () => {
  const focused = () => tab.evaluate(() => document.activeElement.textContent.trim().slice(0, 60))
  const onMain = async what => assert.equal(await tab.evaluate(() => document.activeElement.id), 'main', what)
  const press = async locator => {
    await locator.focus()
    await tab.keyboard.press('Enter')
    await tab.waitForTimeout(50)
    await settled()
  }
  await open({ key: '' })
  await tab.fill('#key', site.read)
  await tab.keyboard.press('Enter')
  await settled()
  await onMain('after the sign-in')
  await tab.goto(`${RECKON}/#channel=email&channel=affiliate&campaign=weekly`)
  await tab.waitForFunction(() => document.querySelectorAll('.chips .chip').length == 3)
  await settled()
  await press(tab.getByRole('button', { name: 'Remove the filter Channel: Affiliate' }))
  assert.match(await focused(), /Remove the filter Campaign: weekly/)
  await press(tab.getByRole('button', { name: 'Remove the filter Campaign: weekly' }))
  assert.match(await focused(), /Remove the filter Channel: Email/)
  await press(tab.getByRole('button', { name: 'Remove the filter Channel: Email' }))
  await onMain('after the last filter')
  await press(tab.locator('.channels button.pick').first())
  await press(tab.getByRole('button', { name: 'Remove all' }))
  await onMain('after all of them')
  await tab.route('**/v1/reports/**', route => route.fulfill({ status: 500, body: '{}' }))
  await tab.getByRole('button', { name: 'Refresh' }).click()
  await settled()
  await tab.unrouteAll()
  await press(tab.getByRole('button', { name: 'Try again' }))
  await onMain('after another try')
  await tab.evaluate(() => { location.hash = '#period=custom&from=2020-01-01&to=2026-01-01' })
  await press(tab.getByRole('button', { name: 'Begin with the last 30 days' }))
  await onMain('after a failure')
  const many = await newSite()
  const now = new Date(Date.now() - 1_000).toISOString()
  await many.manage('POST', '/v1/events', Array.from({ length: 130 }, (_, index) => (
    { id: `c-${index}`, kind: 'sale', value: String(1_000 - index), occurred_at: now, utm: { source: 's', medium: 'cpc', campaign: `campaign ${index}` } })))
  await until(async () => (await many.report('summary')).metrics.sales == 130, 'the sales')
  await context.close()
  await open({ key: many.read })
  for (const [rows, focus] of [[125, 'Load more'], [130, 'campaign 125']]) {
    await tab.getByRole('button', { name: 'Load more' }).focus()
    await tab.keyboard.press('Enter')
    await tab.waitForFunction(rows => document.querySelectorAll('.breakdown tbody tr').length == rows, rows)
    assert.equal(await focused(), focus)
  }
  await context.close()
  await open({ key: empty.read })
  await press(tab.getByRole('button', { name: 'Look at the last 12 months' }))
  await onMain('after the empty state')
})

test('the labels below the chart do not touch, in any year', async () => {
  const old = await newSite()
  await old.manage('POST', '/v1/events', ['1997-01-15', '1998-01-15', new Date(Date.now() - 1_000).toISOString().slice(0, 10)].map(day => (
    { id: day, kind: 'sale', value: '1', occurred_at: `${day}T00:00:00Z` })))
  await until(async () => (await old.report('summary?from=1997-01-01&to=1998-12-31')).metrics.sales == 2, 'the sales')
  for (const width of [320, 375, 1280]) {
    await context?.close()
    await open({ key: old.read, viewport: { width, height: 800 } })
    for (const hash of ['#period=custom&from=1997-01-01&to=1997-01-31', '#period=custom&from=1997-10-01&to=1998-03-31&interval=week', '#period=year', '#period=today', '#period=90d']) {
      await tab.evaluate(hash => { location.hash = hash }, hash)
      await tab.waitForTimeout(50)
      await settled()
      const labels = await tab.locator('.plot .when').evaluateAll(texts => texts.map(text => {
        const { left, right } = text.getBoundingClientRect()
        return { text: text.textContent, left, right }
      }))
      labels.forEach(({ text, left }, index) => assert.ok(index == 0 || left >= labels[index - 1].right + 4, `${width} ${hash}: ${text} touches the one before`))
      const plot = await tab.locator('.plot').boundingBox()
      assert.ok(labels[0].left >= plot.x - 1 && labels.at(-1).right <= plot.x + plot.width + 1, `${width} ${hash}: cut off`)
      const years = labels.map(({ text }) => text.match(/\d{4}/)?.[0])
      years.forEach((year, index) => assert.ok(!year || year != years[index - 1], `${width} ${hash}: ${year} twice`))
    }
  }
})

test('what stands in the address and is no dimension is never asked of the API', async () => {
  const names = ['key', 'from', 'to', 'as_of', 'format', 'limit', 'cursor', 'metrics', 'align', 'shape', 'constructor']
  await open({ hash: `#channel=email&${names.map(name => `${name}=rk_read_1`).join('&')}` })
  assert.deepEqual(calls().filter(path => path.includes('rk_read_1')), [])
  for (const path of calls().filter(path => path.startsWith('/v1/reports/'))) assert.ok(path.includes('channel=email'), path)
  assert.deepEqual(await tab.locator('.chips .chip').allInnerTexts(), ['Channel: Email'])
  assert.equal(await tab.locator('.failure').count(), 0)
})

test('a key of another role, of another name or revoked leads back to the question for one', async () => {
  const { secret: write } = await site.manage('POST', '/v1/keys', { role: 'write', name: 'w' })
  await open({ key: write, ready: false })
  await tab.waitForSelector('#key')
  assert.match(await text('[role=alert]'), /needs a key of the role read; yours is write.*Sign in with a read key/)
})

test('a site without events tells how to send the first', async () => {
  await open({ key: empty.read })
  assert.match(await text('.empty'), /No events in these days/)
  const curl = await text('.empty pre')
  assert.ok(curl.startsWith(`curl ${RECKON}/v1/events`), curl)
  assert.equal(await tab.locator('.tile').count(), 0)
  await tab.getByRole('button', { name: 'Look at the last 12 months' }).click()
  await settled()
  assert.match(tab.url(), /#period=year/)
})

test('a keyboard is enough, and the focus is seen wherever it is', async () => {
  await open()
  await tab.keyboard.press('Tab')
  assert.equal(await tab.evaluate(() => document.activeElement.className), 'skip')
  assert.ok(await tab.evaluate(() => document.activeElement.getBoundingClientRect().top >= 0), 'the skip link is seen')
  await tab.keyboard.press('Enter')
  assert.equal(await tab.evaluate(() => document.activeElement.id), 'main')
  const walked = []
  for (let step = 0; step < 80; step += 1) {
    await tab.keyboard.press('Tab')
    const here = await tab.evaluate(() => {
      const { activeElement: element } = document
      const { outlineStyle, outlineWidth } = getComputedStyle(element)
      return element == document.body ? null : { what: element.ariaLabel || element.textContent.trim().slice(0, 40) || element.tagName, seen: outlineStyle != 'none' && outlineWidth != '0px' }
    })
    if (!here) break
    assert.ok(here.seen, `the focus on ${here.what} is not seen`)
    walked.push(here.what)
  }
  for (const what of [/^Revenue/, /points\. Arrow keys/, /^Email$/, /^Visits$/, /^weekly$/]) {
    assert.ok(walked.some(name => what.test(name)), `${what} is not among ${walked.join(' | ')}`)
  }
  await tab.locator('.plot').focus()
  await tab.keyboard.press('End')
  await tab.keyboard.press('ArrowLeft')
  const spoken = await tab.locator('.plot [aria-live]').textContent()
  assert.match(spoken, /\d/, 'the point is told')
  const { rows } = await site.report('timeseries')
  assert.ok(spoken.includes(new Intl.NumberFormat('en-US', { style: 'currency', currency: 'EUR' }).format(rows.at(-2).metrics.revenue)), spoken)
  await tab.locator('.breakdown th button', { hasText: 'Clicks' }).focus()
  await tab.keyboard.press('Enter')
  await settled()
  assert.equal(await tab.evaluate(() => document.activeElement.textContent), 'Clicks', 'the focus stays')
  assert.equal(await tab.locator('.breakdown th[aria-sort=descending]').innerText(), 'Clicks')
  await tab.locator('.channels button', { hasText: 'Email' }).focus()
  await tab.keyboard.press('Enter')
  await settled()
  assert.equal(await tab.locator('.chips li:not(.all)').count(), 1)
})

test('axe finds no fault, light and dark, wide and narrow, with and without figures', async () => {
  for (const [name, options] of [
    ['light', {}], ['dark', { colorScheme: 'dark' }], ['phone', { viewport: PHONE }],
    ['filtered', { hash: '#channel=email&lines=channel' }], ['empty', { key: empty.read }], ['sign-in', { key: '' }]
  ]) {
    await context?.close()
    await open(options)
    if (name == 'light') await tab.locator('.chart summary').click()
    await tab.evaluate(AXE)
    const { violations } = await tab.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
    const told = violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ target }) => target).join(', ')}`)
    assert.deepEqual(told, [], name)
  }
})

test('on a phone nothing stands out of the page', async () => {
  for (const width of [360, 390]) {
    for (const options of [{}, { key: '' }, { hash: '#period=custom&from=2026-10-01&to=2026-11-01&lines=channel' }, { key: empty.read }]) {
      await context?.close()
      await open({ viewport: { width, height: 740 }, ...options })
      const { scrollWidth, clientWidth } = await tab.evaluate(() => document.documentElement)
        .then(() => tab.evaluate(() => ({ scrollWidth: document.documentElement.scrollWidth, clientWidth: document.documentElement.clientWidth })))
      assert.equal(scrollWidth, clientWidth, `${width} ${JSON.stringify(options)}`)
    }
  }
})

test('amounts of an axis are whole, however long a language writes them', async () => {
  for (const locale of ['en-US', 'de-DE', 'pl-PL']) {
    await context?.close()
    await open({ locale, hash: '#period=90d' })
    const cut = await tab.evaluate(() => {
      const { left } = document.querySelector('.plot').getBoundingClientRect()
      return [...document.querySelectorAll('.grid text')].filter(text => text.getBoundingClientRect().left < left).map(text => text.textContent)
    })
    assert.deepEqual(cut, [], locale)
  }
})

test('dark is dark, paper is white, and both have the chart', async () => {
  const lightness = () => tab.evaluate(() => {
    const [red] = getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g).map(Number)
    const [ink] = getComputedStyle(document.querySelector('.series.now .over')).stroke.match(/\d+/g).map(Number)
    return { ground: red, line: ink }
  })
  await open({ colorScheme: 'dark' })
  const dark = await lightness()
  assert.ok(dark.ground < 40 && dark.line > 100, JSON.stringify(dark))
  await tab.emulateMedia({ media: 'print', colorScheme: 'dark' })
  const paper = await lightness()
  assert.ok(paper.ground > 250 && paper.line < 100, JSON.stringify(paper))
  for (const hidden of ['.controls', '.actions', '.pickers', '.skip']) {
    assert.equal(await tab.locator(hidden).first().isVisible(), false, hidden)
  }
  assert.ok(await tab.locator('.plot svg').isVisible())
})

test('pictures are taken', async () => {
  for (const [name, viewport] of [['desktop', DESKTOP], ['phone', PHONE]]) {
    for (const colorScheme of ['light', 'dark']) {
      await context?.close()
      await open({ viewport, colorScheme, reducedMotion: 'reduce', deviceScaleFactor: name == 'phone' ? 2 : 1 })
      await tab.screenshot({ path: `${PICTURES}${name}-${colorScheme}.png`, fullPage: true })
    }
  }
  // Those of the README, without what is below.
  for (const [name, options] of [
    ['desktop', { viewport: { width: 1280, height: 1440 } }], ['phone', { viewport: { width: 390, height: 1230 }, colorScheme: 'dark' }]
  ]) {
    await context?.close()
    await open({ reducedMotion: 'reduce', ...options })
    await tab.screenshot({ path: `${PICTURES}dashboard-${name}.png` })
  }
  await tab.emulateMedia({ media: 'print' })
  await tab.setViewportSize({ width: 794, height: 1123 })
  await tab.screenshot({ path: `${PICTURES}print.png`, fullPage: true })
  for (const [name, options] of [
    ['sign-in', { key: '' }], ['empty', { key: empty.read }], ['filtered', { hash: '#channel=email&channel=paid_search&lines=channel&period=90d' }],
    ['today', { hash: '#period=today&metric=visits' }]
  ]) {
    await context?.close()
    await open({ reducedMotion: 'reduce', ...options })
    if (name == 'filtered') await tab.locator('.plot').hover()
    await tab.screenshot({ path: `${PICTURES}${name}.png`, fullPage: true })
  }
})
