// Begins: asks for a key, or shows the figures.

import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'

import { hasKey, onSignOut, signOut } from './api.js'
import { Board } from './board.jsx'
import { SignIn } from './sign-in.jsx'

/** Where the focus was on something that is no more, it goes to the figures and not back to the beginning of the page. */
const keepFocus = root => {
  let held = null
  addEventListener('focusin', ({ target }) => {
    held = target
  })
  new MutationObserver(() => {
    if (!held || held.isConnected || document.activeElement != document.body) return
    held = null
    document.getElementById('main')?.focus({ preventScroll: true })
  }).observe(root, { childList: true, subtree: true })
}

/** Nothing of the site stays in sight, nor in the address. */
const leave = () => {
  history.replaceState(null, '', location.pathname)
  signOut('')
}

const App = () => {
  const [signedIn, setSignedIn] = useState(hasKey())
  const [reason, setReason] = useState('')
  useEffect(() => onSignOut(why => {
    setReason(why)
    setSignedIn(false)
  }), [])
  return signedIn
    ? <Board signOut={leave} />
    : <SignIn reason={reason} done={() => setSignedIn(true)} />
}

const root = document.getElementById('app')
keepFocus(root)
render(<App />, root)
