// @plausible-analytics/tracker, as published: its endpoint can be set, so the key stands in its query.

import { test } from 'node:test'
import assert from 'node:assert/strict'
import { openPage } from './browser.mjs'
import { makeSite, reported, url } from './reckon.mjs'
import { init, track } from '@plausible-analytics/tracker'

test('what the client sends from a page is in the reports', async () => {
    const keys = await makeSite('plausible', 'USD')
    const window = openPage('/start?utm_source=google&utm_medium=cpc&utm_campaign=spring', 'https://www.google.com/')
    globalThis.fetch = window.fetch
    init({ domain: 'shop.example', endpoint: `${url}/api/event?key=${keys.publish}`, outboundLinks: true })
    const sent = (name, options) => new Promise((callback) => track(name, { ...options, callback }))
    assert.deepEqual(await sent('Purchase', { revenue: { amount: 15.99, currency: 'USD' }, props: { plan: 'pro' } }), { status: 202 })
    assert.deepEqual(await sent('Signup'), { status: 202 })
    assert.deepEqual(await sent('Lead', { props: { form: 'newsletter' } }), { status: 202 })
    assert.deepEqual(await sent('Purchase', { revenue: { amount: 1, currency: 'EUR' } }), { status: 422 })
    document.getElementById('out').click()
    // The first page view is the client's own.
    const channels = await reported(keys.read, { views: 1, sales: 1, revenue: 15.99, signups: 1, leads: 1, clicks: 1, invalid: 0 })
    assert.equal(channels.paid_search.revenue, 15.99)
})
