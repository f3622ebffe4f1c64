// Asks for a key, once for this tab.

import { useEffect, useRef, useState } from 'preact/hooks'

import { keepKey } from './api.js'

/** Why a text cannot be a key that reads, as a sentence that says what to do; nothing where it may be one. */
const objection = key => {
  const role = key.match(/^rk_([a-z]+)_/)?.[1]
  if (!key) return 'Paste a read key. It begins with rk_read_.'
  if (role == 'read') return ''
  if (role == 'write' || role == 'publish') {
    return `That is a ${role} key: it sends events and reads nothing. Use a read key, which begins with rk_read_.`
  }
  if (role == 'admin') {
    return 'That is an admin key, which can change and delete; keep it out of browsers. Make a read key with it, as shown below, and use that.'
  }
  if (role == 'operator') return 'That is the operator’s key, which makes sites and reads none. Use a read key of the site.'
  return 'That is no key of Reckon. A read key begins with rk_read_.'
}

export const SignIn = ({ reason, done }) => {
  const [error, setError] = useState(reason)
  const field = useRef()
  useEffect(() => setError(reason), [reason])
  useEffect(() => field.current.focus(), [])
  const submit = event => {
    event.preventDefault()
    const key = field.current.value.trim()
    const wrong = objection(key)
    setError(wrong)
    if (wrong) return field.current.focus()
    keepKey(key)
    done()
  }
  return (
    <main class="sign-in" id="main">
      <form onSubmit={submit} noValidate>
        <h1><img src={document.querySelector('link[rel=icon]').href} alt="" width="28" height="28" /> Reckon</h1>
        <p>What each channel, campaign and partner brought. The dashboard only reads, so it takes a <strong>read key</strong> of your site.</p>
        <label for="key">Read key</label>
        <input id="key" ref={field} type="password" autocomplete="off" spellcheck={false} placeholder="rk_read_…"
          aria-describedby="key-error key-note" aria-invalid={error ? 'true' : undefined} />
        <p id="key-error" class="error" role="alert">{error}</p>
        <button type="submit" class="primary">Show the figures</button>
        <p id="key-note" class="note">It stays in this tab until you close it or sign out, and is never part of an address.</p>
        <details>
          <summary>Where do I find one?</summary>
          <p><code>cargo run</code> prints one of its demo site. Of any other site its admin makes one:</p>
          <pre tabIndex="0"><code>{`curl ${location.origin}/v1/keys \\\n  -H 'Authorization: Bearer rk_admin_...' \\\n  -H 'Content-Type: application/json' \\\n  -d '{"role": "read", "name": "dashboard"}'`}</code></pre>
        </details>
      </form>
    </main>
  )
}
