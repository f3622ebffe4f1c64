// @segment/analytics-node, as published.

import { test } from 'node:test'
import assert from 'node:assert/strict'
import http from 'node:http'
import { Analytics } from '@segment/analytics-node'
import { BROWSER, makeSite, reported, url } from './reckon.mjs'

const context = {
    userAgent: BROWSER,
    page: { url: 'https://shop.example/start?gclid=abc', referrer: 'https://www.google.com/' },
    campaign: { name: 'spring', source: 'google', medium: 'cpc' },
}

// A client of which only the host and the key are its own; what it could not deliver is collected.
function client(host, writeKey) {
    const analytics = new Analytics({ host, writeKey })
    const failed = []
    analytics.on('error', (error) => failed.push(error))
    return { analytics, failed }
}

test('what the client sends is in the reports', async () => {
    const keys = await makeSite('segment', 'USD')
    const { analytics, failed } = client(url, keys.write)
    const anonymousId = 'visitor-1'
    analytics.identify({ anonymousId, userId: 'customer-1', traits: { email: 'ann@mail.example', plan: 'pro', seats: 3 } })
    analytics.group({ userId: 'customer-1', groupId: 'group-1', traits: { name: 'Acme', employees: 11 } })
    analytics.alias({ userId: 'customer-1', previousId: anonymousId })
    analytics.page({ anonymousId, name: 'Start', category: 'Shop', properties: { url: context.page.url, title: 'Start' }, context })
    analytics.screen({ anonymousId, name: 'Basket', context: { userAgent: BROWSER } })
    analytics.track({ anonymousId, event: 'Product Clicked', properties: { product_id: 'p-1', position: 3 }, context })
    analytics.track({ anonymousId, userId: 'customer-1', event: 'Signed Up', context })
    analytics.track({ anonymousId, event: 'Lead Captured', properties: { form: 'newsletter' } })
    analytics.track({
        anonymousId,
        userId: 'customer-1',
        event: 'Order Completed',
        properties: {
            order_id: 'A-1001',
            total: 0.1 + 0.2,
            revenue: 49.9,
            currency: 'USD',
            coupon: 'HELLO',
            products: [1, 2, 3].map((number) => ({ product_id: `p-${number}`, price: 16.63, quantity: 1, note: 'to ann@mail.example' })),
        },
        context,
    })
    analytics.track({ anonymousId, event: 'Order Refunded', properties: { order_id: 'A-1001', total: 10 } })
    analytics.track({ anonymousId, event: 'Subscription Started', properties: { value: 5 } })
    analytics.track({ anonymousId, event: 'Video Played', properties: { seconds: 12.5, muted: false } })
    analytics.track({ anonymousId, event: 'Seen', context: { userAgent: 'Googlebot/2.1 (+http://www.google.com/bot.html)' } })
    await analytics.closeAndFlush()
    assert.deepEqual(failed, [])
    const channels = await reported(keys.read, {
        views: 2, clicks: 1, signups: 1, leads: 1, sales: 1, refunds: 1, subscriptions: 1, engagements: 4,
        invalid: 1, gross_revenue: 54.9, refunded: 10,
    })
    assert.equal(channels.paid_search.sales, 1)
    assert.equal(channels.paid_search.clicks, 1)
})

test('a batch whose answer got lost is sent again and counts once', async () => {
    const keys = await makeSite('segment-again', 'USD')
    let requests = 0
    const proxy = http.createServer(async (request, response) => {
        const chunks = await request.toArray()
        const answer = await fetch(url + request.url, {
            method: request.method,
            headers: { authorization: request.headers.authorization, 'content-type': request.headers['content-type'] },
            body: Buffer.concat(chunks),
        })
        requests += 1
        if (requests === 1) {
            assert.equal(answer.status, 200)
            request.socket.destroy()
            return
        }
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
    })
    await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const { analytics, failed } = client(`http://127.0.0.1:${proxy.address().port}`, keys.write)
    for (const number of [1, 2, 3]) {
        analytics.track({ userId: 'customer-1', event: 'Order Completed', properties: { order_id: `A-${number}`, total: 1.1 } })
    }
    await analytics.closeAndFlush({ timeout: 30_000 })
    proxy.close()
    proxy.closeAllConnections()
    assert.deepEqual(failed, [])
    assert.equal(requests, 2)
    await reported(keys.read, { sales: 3, revenue: 3.3 })
})

test('what is refused is told to the client, and nothing of it is counted', async () => {
    const keys = await makeSite('segment-refused', 'USD')
    const wrong = client(url, 'rk_write_unknown')
    wrong.analytics.track({ userId: 'customer-1', event: 'Order Completed', properties: { total: 1 } })
    await wrong.analytics.closeAndFlush()
    assert.equal(wrong.failed.length, 1)
    assert.match(wrong.failed[0].reason.message, /401/)

    const bad = client(url, keys.write)
    bad.analytics.track({ userId: 'customer-1', event: 'Order Completed', properties: { total: 1 } })
    bad.analytics.track({ userId: 'customer-1', event: 'Order Completed', properties: { total: 'much' } })
    await bad.analytics.closeAndFlush()
    assert.equal(bad.failed.length, 2)
    assert.match(bad.failed[0].reason.message, /422/)

    const good = client(url, keys.write)
    good.analytics.track({ userId: 'customer-1', event: 'Order Completed', properties: { total: 7 } })
    await good.analytics.closeAndFlush()
    await reported(keys.read, { sales: 1, revenue: 7 })
})
