// The program that the clients send to: a site of its own for each file, and what its reports say.

import { readFileSync } from 'node:fs'
import assert from 'node:assert/strict'

export const url = process.env.RECKON_URL
const native = globalThis.fetch
const keys = JSON.parse(readFileSync(process.env.RECKON_KEYS, 'utf8'))

export const PAGE = 'https://shop.example'
export const BROWSER =
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36'

async function ask(method, path, key, body) {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const answer = await native(url + path, { method, headers, body: body && JSON.stringify(body) })
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`)
    return answer.json()
}

// Makes a site and a key of each role.
export async function makeSite(id, currency) {
    const site = { id, name: id, time_zone: 'UTC', currency, origins: [PAGE] }
    const { key } = await ask('POST', '/v1/sites', keys.operator, site)
    const made = { admin: key.secret }
    for (const role of ['write', 'publish', 'read']) {
        made[role] = (await ask('POST', '/v1/keys', key.secret, { role })).secret
    }
    return made
}

// The metrics of today and yesterday, once they are as expected, and of each channel.
export async function reported(key, expected) {
    const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)
    const period = `from=${day(1)}&to=${day(0)}`
    const until = Date.now() + 60_000
    for (;;) {
        const { metrics } = await ask('GET', `/v1/reports/summary?${period}`, key)
        const found = Object.fromEntries(Object.keys(expected).map((name) => [name, metrics[name]]))
        const same = Object.keys(expected).every((name) => found[name] === expected[name])
        if (same || Date.now() > until) {
            assert.deepEqual(found, expected)
            break
        }
        await new Promise((resolve) => setTimeout(resolve, 200))
    }
    const { rows } = await ask('GET', `/v1/reports/channels?${period}`, key)
    return Object.fromEntries(rows.map((row) => [row.channel, row.metrics]))
}
