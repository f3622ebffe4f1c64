// plausible-tracker, as published: a host is all that can be set, so the key stands in it.

import { test } from 'node:test'
import { openPage } from './browser.mjs'
import { makeSite, reported, url } from './reckon.mjs'
import tracker from 'plausible-tracker'

const Plausible = tracker.default ?? tracker

test('what the client sends from a page is in the reports', async () => {
    const keys = await makeSite('plausible-tracker', 'EUR')
    openPage('/start?utm_source=news&utm_medium=email', 'https://www.example.org/')
    const client = Plausible({ domain: 'shop.example', apiHost: `${url}/k/${keys.publish}` })
    const sent = (send) => new Promise((resolve) => send({ callback: resolve }))
    await sent((options) => client.trackPageview({}, options))
    await sent((options) => client.trackEvent('Signup', { ...options, props: { plan: 'pro', seats: 3 } }))
    await sent((options) => client.trackEvent('Lead', options))
    await sent((options) => client.trackEvent('Download', { ...options, props: { file: 'price-list.pdf' } }))
    client.enableAutoPageviews()
    history.pushState({}, '', '/next')
    client.enableAutoOutboundTracking()
    document.getElementById('out').click()
    const expected = { views: 3, signups: 1, leads: 1, clicks: 1, engagements: 1, invalid: 0 }
    const channels = await reported(keys.read, expected)
    if (channels.email.signups !== 1) throw new Error('the signup is not in the channel of its page')
})

test('a robot is counted apart', async () => {
    const keys = await makeSite('plausible-robot', 'EUR')
    openPage('/', undefined, 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)')
    const client = Plausible({ domain: 'shop.example', apiHost: `${url}/k/${keys.publish}` })
    await new Promise((callback) => client.trackPageview({}, { callback }))
    await reported(keys.read, { views: 0, invalid: 1 })
})
