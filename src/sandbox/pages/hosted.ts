import { checkoutPage } from './checkout.ts'
import { actOnCheckout, followLink, type PagePorts, thanksPage } from './checkout-actions.ts'
import { portalPage } from './portal.ts'
import { actOnPortal } from './portal-actions.ts'

/** The pages that Stripe hosts for others: checkout, payment links and the customers' portal. */
export async function answerHosted(ports: PagePorts, request: Request, url: URL): Promise<Response | undefined> {
  const [first, second, id = ''] = url.pathname.slice(1).split('/')
  const reads = request.method === 'GET'
  if (first === 'c' && second === 'thanks' && reads) return thanksPage()
  if (first === 'c' && second === 'pay') {
    if (!reads) return actOnCheckout(ports, id, await request.text())
    return checkoutPage(ports.turn(), ports.turn().store.objects.find('checkout.session', id))
  }
  if (first === 'b' && second !== undefined && reads) return followLink(ports, second)
  if (first === 'p' && second === 'session') {
    if (!reads) return actOnPortal(ports, id, await request.text())
    return portalPage(ports.turn(), id, {
      view: url.searchParams.get('view'),
      subscription: url.searchParams.get('subscription'),
    })
  }
  return undefined
}
