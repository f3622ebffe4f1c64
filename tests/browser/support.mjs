// What the tests stand on: pages on two origins, an API whose network can fail, sites of their own, a browser.

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'

const { chromium } = createRequire(`${process.env.RECKON_TOOLS}/`)('playwright-core')
export const RECKON = process.env.RECKON_URL
const KEYS = JSON.parse(readFileSync(process.env.RECKON_KEYS, 'utf8'))
/** A changed script, where one of its parts is to be left out. */
const SCRIPT = process.env.RECKON_SCRIPT

/** A person's browser; headless Chromium names itself, and would be counted as the robot that it is. */
const PERSON = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

const listen = async handler => {
  const server = createServer(handler)
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  return { server, port: server.address().port }
}

/** Asks until there is an answer that is not false. */
export const until = async (ask, what, patience = 20_000) => {
  for (const end = Date.now() + patience; Date.now() < end; await sleep(50)) {
    const answer = await ask()
    if (answer) return answer
  }
  throw new Error(`waited in vain: ${what}`)
}

/**
 * The way to the API. `fault` says what becomes of a POST: 'down' breaks it off, 'lost' stores it and answers 503,
 * 'busy' answers 429, 'portal' and 'gateway' refuse what never arrived, 'swallow' answers 202 without storing. `sent` has every request that arrived here.
 */
export const network = { fault: null, sent: [], answered: 0 }

const api = await listen((incoming, outgoing) => {
  const chunks = []
  incoming.on('data', chunk => chunks.push(chunk))
  incoming.on('end', () => {
    const body = Buffer.concat(chunks)
    const { method, url, headers } = incoming
    const answer = (status, text, more = {}) => {
      network.answered = Date.now()
      outgoing.writeHead(status, { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'retry-after', ...more })
      outgoing.end(text)
    }
    if (SCRIPT && url.startsWith('/v1/reckon.js')) {
      return answer(200, readFileSync(SCRIPT), { 'content-type': 'text/javascript' })
    }
    const fault = method == 'POST' ? network.fault : null
    if (method != 'GET') {
      const events = body.length ? JSON.parse(body).events : []
      network.sent.push({ method, url, at: Date.now(), mode: headers['sec-fetch-mode'], type: headers['content-type'], events, fault })
    }
    if (fault == 'down') return incoming.socket.destroy()
    if (fault == 'busy') return answer(429, '{}', { 'retry-after': '3' })
    if (fault == 'portal') return answer(403, '<h1>Welcome to our hotel</h1>')
    if (fault == 'gateway') return answer(404, '{"message":"Not Found"}')
    if (fault == 'swallow') return answer(202, '{"rejected":[]}')
    const onward = request(RECKON + url, { method, headers: { ...headers, host: new URL(RECKON).host } }, response => {
      if (fault == 'lost') {
        response.resume()
        return response.on('end', () => answer(503, '{}'))
      }
      network.answered = Date.now()
      outgoing.writeHead(response.statusCode, response.headers)
      response.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    onward.end(body)
  })
})
export const API = `http://127.0.0.1:${api.port}`

/** What a page shows, by its path; every other path shows `page()`. */
export const pages = new Map()
const servePage = (incoming, outgoing) => {
  const { pathname } = new URL(incoming.url, 'http://localhost')
  outgoing.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
  outgoing.end(pathname == '/empty' || pathname == '/favicon.ico' ? '' : pages.get(pathname) ?? pages.get('*') ?? '')
}
const [own, foreign] = [await listen(servePage), await listen(servePage)]
/** The origin of the sites' pages, and one that no site knows. */
export const SHOP = `http://localhost:${own.port}`
export const FOREIGN = `http://localhost:${foreign.port}`

/** A page with the three lines. */
export const page = (key, { more = '', call = '', body = '' } = {}) => `<!doctype html><title>Shop</title>
<script async src="${API}/v1/reckon.js" data-key="${key}" ${more}></script>
<script>window.reckon = window.reckon || function () { (reckon.q = reckon.q || []).push(arguments) }</script>
<script>${call}</script>
${body}`

const call = async (method, path, key, body) => {
  const response = await fetch(RECKON + path, {
    method, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: body && JSON.stringify(body)
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`)
  return answer
}

/** A site of its own, with its keys and reports. */
export const newSite = async (id = `s-${randomUUID().slice(0, 18)}`) => {
  const made = await call('POST', '/v1/sites', KEYS.operator, {
    id, name: id, time_zone: 'UTC', currency: 'EUR', origins: [SHOP]
  })
  const admin = made.key.secret
  const { secret: publish } = await call('POST', '/v1/keys', admin, { role: 'publish', name: 'page' })
  const { secret: read } = await call('POST', '/v1/keys', admin, { role: 'read', name: 'report' })
  const report = path => call('GET', `/v1/reports/${path}`, read)
  const ask = path => call('GET', path, read)
  const manage = (method, path, body) => call(method, path, admin, body)
  let ends = 0
  /** The figures, once everything acknowledged before this call is in them. */
  const figures = async () => {
    // Whatever was stored before it is counted with it.
    await call('POST', '/v1/events', admin, { kind: 'signup', id: randomUUID(), occurred_at: new Date().toISOString() })
    ends += 1
    return until(async () => {
      const { metrics } = await report('summary')
      return metrics.signups == ends && metrics
    }, 'the end to be counted')
  }
  return { id, publish, read, ask, report, manage, figures }
}

let browser
/** A browser without a past. */
export const newVisitor = async options => {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      // For all requests: what a page sends while it is left takes nothing from its context.
      `--user-agent=${PERSON}`]
  })
  return browser.newContext(options)
}
export const end = async () => {
  await browser?.close()
  for (const { server } of [api, own, foreign]) server.closeAllConnections(), server.close()
}

/** What the script has stored in a page's origin. */
export const stored = tab => tab.evaluate(() => Object.keys(localStorage).filter(name => name.startsWith('reckon.')))
export const queued = async tab => (await stored(tab)).filter(name => name.startsWith('reckon.event.'))

/** All events sent, with repeats. */
export const events = () => network.sent.flatMap(({ events }) => events)

/** Waits until nothing is left to send, and nothing was sent for a while. */
export const settled = async (tab, quiet = 800) => {
  await until(async () => {
    const last = Math.max(network.answered, ...network.sent.map(({ at }) => at))
    return Date.now() - last > quiet && !(tab && (await queued(tab)).length)
  }, 'the page to be done')
}

export { sleep }
