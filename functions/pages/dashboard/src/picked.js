// A row that may be clicked anywhere: its button is for keyboards and screen readers, and its click arrives here too.

/** Picks, unless somebody selects text of the row. */
export const picked = pick => () => {
  if (getSelection().isCollapsed) pick()
}
