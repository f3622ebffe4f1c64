// Leaves out one thing of the script at a time; the test of that thing has to fail. Words given choose among them.

import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const here = new URL('.', import.meta.url).pathname
const source = readFileSync(join(here, '../../functions/pages/script/reckon.js'), 'utf8')

/** What is left out, the piece of the script, what stands there instead, and the beginning of the test's name. */
const MUTANTS = [
  ['the page view', `      view()\n      document.add`, `      document.add`, 'a view arrives'],
  ['the address', 'url: location.href.slice(0, LONGEST_URL), referrer,', 'referrer,', 'a view arrives'],
  ['the time in the id', `now.toString(16).padStart(12, 0)`, `hex(6)`, 'a view arrives'],
  ['the text type', `method: 'POST', body,`, `method: 'POST', body, headers: { 'content-type': 'application/json' },`, 'a view arrives'],
  ['the kept visitor', 'store[VISITOR] || keep(VISITOR, hex(16))', 'hex(16)', 'a visitor is the same'],
  ['pushState', `of ['pushState', 'replaceState']`, `of ['replaceState']`, 'pages that replace'],
  ['replaceState', `of ['pushState', 'replaceState']`, `of ['pushState']`, 'pages that replace'],
  ['popstate', `addEventListener('popstate', view)`, ``, 'pages that replace'],
  ['looking at the path', `if (path != location.pathname) {`, `{`, 'pages that replace'],
  ['the page before', `if (here) referrer = here`, ``, 'pages that replace'],
  ['calls before the script', `former?.q?.forEach(call => reckon(...call))`, ``, 'a sale arrives'],
  ['the fields of a call', `...JSON.parse(JSON.stringify(fields || {}))`, ``, 'a sale arrives'],
  ['the kept customer', `customer: store[CUSTOMER],`, ``, 'a customer'],
  ['clicks', `addEventListener('click', clicked, true)`, ``, 'a link to another'],
  ['looking at the host', ` && link.host != location.host`, ``, 'a link to another'],
  ['looking at the button', `event.button < 2 && `, ``, 'a link to another'],
  ['forms', `addEventListener('submit', event => event.target.dataset.reckon && recordMarked(event.target), true)`, ``, 'forms and buttons'],
  ['leaving forms to their own', `:not(form)`, ``, 'forms and buttons'],
  ['fields by attribute', `if (/^reckon./.test(name)) fields`, `if (/^reckonN/.test(name)) fields`, 'forms and buttons'],
  ['the beacon', `navigator.sendBeacon?.(API, bodyOf(names))`, ``, 'leaving'],
  ['both ways to leave', `addEventListener('pagehide', leave)\n      document.addEventListener('visibilitychange', () => document.hidden && leave())`, ``, 'leaving'],
  ['keeping what nobody answered for', `      setTimeout(release, BEACON_FLIES, names, 0)`, `      names.forEach(name => delete store[name])`, 'leaving'],
  ['hearing that the line is back', `addEventListener('online'`, `addEventListener('never'`, 'what happens offline'],
  ['trying again', `    release(names, pause)\n`, `    names.forEach(name => delete store[name])\n`, 'what happens offline'],
  ['the queue in storage', 'store = localStorage || store', '', 'what a page could not send'],
  ['believing only an answer', `if (status > 499 || status == 429) throw 0`, ``, 'an answer that was lost'],
  ['the same id again', `'{"events":[' + names.map(name => store[name]) + ']}'`, `'{"events":[' + names.map(name => JSON.stringify({ ...JSON.parse(store[name]), id: uuid(Date.now()) })) + ']}'`, 'an answer that was lost'],
  ['the time that was asked for', `retryAfter * 1e3 || 0`, `0`, 'an API that is busy'],
  ['waiting for consent', `if (script.dataset.consent != 'wait') commands`, `commands`, 'until there is consent'],
  ['what waited', `waiting.forEach(action => action())`, ``, 'until there is consent'],
  ['removing everything', `if (name.startsWith(OURS)) delete localStorage[name]`, ``, 'until there is consent'],
  ['stopping', `if (!answer) forget(allowed = false)`, `if (!answer) forget()`, 'until there is consent'],
  ['dropping what waited', `      waiting = []\n    },`, `    },`, 'a refusal while'],
  ['Do Not Track', `navigator.doNotTrack == 1 || `, ``, 'Do Not Track'],
  ['Global Privacy Control', ` || navigator.globalPrivacyControl`, ``, 'Global Privacy Control'],
  ['no consent against the browser', `      commands.consent = forget\n`, ``, 'Do Not Track'],
  ['telling of a refusal', `if (!ok || JSON.parse(answer).rejected[0]) warn(status, answer)`, ``, 'a page of a foreign'],
  ['giving up what is refused', `if (status > 499 || status == 429) throw 0`, `if (!ok) throw 0`, 'a page of a foreign'],
  ['telling of one refused', `|| JSON.parse(answer).rejected[0]`, ``, 'an event that is refused'],
  ['a call that cannot hurt the page', `    } catch (error) {\n      warn(error)\n    }`, `    } finally {}`, 'an event that is refused'],
  ['storage that throws', `        try {\n          store = localStorage || store\n        } catch {}`, `        store = localStorage`, 'without storage'],
  ['storage that is full', `      store = { ...store }\n      store[name] = value\n`, ``, 'a storage that is full'],
  ['what another tab left', `const EVENT = OURS + 'event.'`, `const EVENT = OURS + 'event.' + Math.random()`, 'two tabs'],
  ['a key for each event', `keep(EVENT + id, `, `keep(EVENT + id.slice(0, 11), `, 'two tabs'],
  ['the bound of a request', `.slice(0, MOST_SENT)`, ``, 'at most fifty'],
  ['the bound of the queue', `if (names.length >= MOST_KEPT) giveUp(delete store[names[0]])`, ``, 'at most fifty'],
  ['the bound of bytes', `(size += store[name].length) < LARGEST || !index`, `true`, 'events too large'],
  ['the click', `[CLICK_FIELD]: now - since < CLICK_LASTS ? kept : undefined,`, ``, 'the click of'],
  ['the click of the address that was left', `const click = new URLSearchParams(location.search).get(CLICK_PARAMETER)`, `const click = script.dataset.consent ? '' : new URLSearchParams(location.search).get(CLICK_PARAMETER)`, 'until there is consent'],
  ['ninety days', `now - since < CLICK_LASTS ? kept : undefined`, `kept`, 'the click of'],
  ['looking at the click', `/^[\\w.-]{1,128}$/.test(click || '')`, `click`, 'the click of'],
  ['waiting to be shown', `if (document.prerendering) return`, ``, 'a page that is drawn'],
  ['hearing that it is shown', `document.addEventListener('prerenderingchange', view)`, ``, 'a page that is drawn'],
  ['running once', `if (!former?.runs) {`, `{`, 'a page that has the script twice']
]

const chosen = MUTANTS.filter(([what]) => process.argv.length < 3 || process.argv.slice(2).some(word => what.includes(word)))
const file = join(tmpdir(), `reckon-mutant-${process.pid}.js`)
const missed = []

/** How many of some tests fail with a script. */
const failuresWith = (script, names) => {
  writeFileSync(file, script)
  const { stdout } = spawnSync(
    process.execPath, ['--test', '--test-reporter=tap', `--test-name-pattern=^(${names.join('|')})`, join(here, 'script.test.mjs')],
    { env: { ...process.env, RECKON_SCRIPT: file }, encoding: 'utf8' }
  )
  const [passed, failed] = ['pass', 'fail'].map(what => Number(stdout.match(new RegExp(`^# ${what} (\\d+)$`, 'm'))?.[1]))
  if (!(passed + failed)) throw new Error(`no test ran: ${names}`)
  return failed
}

// With nothing left out all of them pass, or their failing would say nothing.
if (failuresWith(source, chosen.map(([, , , name]) => name))) throw new Error('a test fails with nothing left out')
for (const [what, piece, instead, name] of chosen) {
  if (source.split(piece).length != 2) throw new Error(`the script does not have once: ${piece}`)
  const found = failuresWith(source.replace(piece, () => instead), [name]) > 0
  console.log(`${found ? 'missed' : 'NOT MISSED'}: ${what} (${name} ...)`)
  if (!found) missed.push(what)
}
rmSync(file, { force: true })
if (missed.length) {
  console.log(`${missed.length} of ${chosen.length} can be left out unnoticed`)
  process.exit(1)
}
console.log(`all ${chosen.length} of ${chosen.length} are missed when left out`)
