import { describe, expect, test } from 'bun:test'
import { claimsOf, mustBeFirstTrial, unaliased } from '../../src/domain/trial.ts'

describe('the mailbox behind an address', () => {
  test.each([
    ['ann@example.com', 'ann@example.com'],
    ['Ann@Example.COM', 'ann@example.com'],
    ['ann+trial@example.com', 'ann@example.com'],
    ['ann.b+x+y@example.com', 'ann.b@example.com'],
    ['a.b+x@gmail.com', 'ab@gmail.com'],
    ['ab@gmail.com', 'ab@gmail.com'],
    ['A.B@googlemail.com', 'ab@gmail.com'],
    ['+x@example.com', '+x@example.com'],
  ])('of %p is %p', (address, mailbox) => {
    expect(unaliased(address)).toBe(mailbox)
  })
})

describe('a person who asks for a trial', () => {
  test('is known by account, mailbox and card, as far as they are known', () => {
    expect(claimsOf({ user: 'ann', email: 'a.nn+1@gmail.com', cardFingerprint: 'f1' })).toEqual([
      'user:ann',
      'email:ann@gmail.com',
      'card:f1',
    ])
    expect(claimsOf({ user: 'ann', email: null, cardFingerprint: null })).toEqual(['user:ann'])
  })

  const taken = (...claims: readonly string[]) => claims.map((claim) => ({ claim, user: 'bob', intentId: 'i' }))

  test.each([
    ['user:ann', 'this account'],
    ['email:ann@example.com', 'this e-mail address'],
    ['card:f1', 'this card'],
  ])('is told by what he was known: %p', (claim, words) => {
    expect(() => mustBeFirstTrial(taken(claim), 'ann')).toThrow(words)
  })

  test('has one when nothing is taken, or when the operator allowed another one', () => {
    expect(() => mustBeFirstTrial([], 'ann')).not.toThrow()
    expect(() => mustBeFirstTrial(taken('user:ann', 'allowed:ann'), 'ann')).not.toThrow()
    expect(() => mustBeFirstTrial(taken('user:ann', 'allowed:bob'), 'ann')).toThrow()
  })
})
