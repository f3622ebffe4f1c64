// A page in a browser, as far as the clients for pages look at one.

import { JSDOM, ResourceLoader, VirtualConsole } from 'jsdom'
import { BROWSER, PAGE } from './reckon.mjs'

const native = globalThis.fetch

// Opens a page; its window's names become global, as scripts in it see them.
export function openPage(path, referrer, userAgent = BROWSER) {
    const dom = new JSDOM('<!doctype html><title>Shop</title><a id="out" href="https://partner.example/offer">Offer</a>', {
        url: PAGE + path,
        referrer,
        resources: new ResourceLoader({ userAgent }),
        pretendToBeVisual: true,
        // It would tell that it follows no links.
        virtualConsole: new VirtualConsole(),
    })
    const { window } = dom
    // jsdom has neither of these; a browser sends these two headers with every request of a page.
    window.ResizeObserver = class { observe() {} }
    window.fetch = (address, options) =>
        native(address, { ...options, headers: { ...options.headers, origin: PAGE, 'user-agent': userAgent } })
    const names = ['window', 'document', 'location', 'history', 'XMLHttpRequest', 'HTMLAnchorElement', 'MutationObserver', 'ResizeObserver']
    for (const name of names) {
        globalThis[name] = name === 'window' ? window : window[name]
    }
    globalThis.addEventListener = window.addEventListener.bind(window)
    return window
}
