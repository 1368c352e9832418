import type { DatasetName } from '../../layers/data/datasets/index.ts';

/** Words in the names of files. */
export const fileWords: Readonly<Record<DatasetName, readonly string[]>> = {
  users: [
    'user',
    'customer',
    'visitor',
    'member',
    'account',
    'people',
    'kunde',
    'nutzer',
    'benutzer',
    'besucher',
    'utilisateur',
    'cliente',
    'usuario',
  ],
  products: ['product', 'catalog', 'item', 'article', 'sku', 'produkt', 'artikel', 'produit', 'articulo'],
  sessions: ['session', 'visit', 'sitzung', 'sesion'],
  experiment_assignments: [
    'assignment',
    'experiment',
    'variant',
    'ab_test',
    'abtest',
    'exposure',
    'bucket',
    'split',
    'zuweisung',
    'zuteilung',
    'testgruppe',
    'affectation',
    'asignacion',
  ],
  events: [
    'event',
    'click',
    'hit',
    'action',
    'activity',
    'log',
    'track',
    'transaction',
    'order',
    'ereignis',
    'klick',
    'aktion',
    'evenement',
    'evento',
  ],
};

/** Names that a control arm has, the telling ones first; those behind `a` are mere customs. */
export const controlWords = [
  'control',
  'ctrl',
  'control_group',
  'kontrolle',
  'kontrollgruppe',
  'controle',
  'temoin',
  'baseline',
  'original',
  'a',
  'variant_a',
  'group_a',
  'version_a',
  'default',
  'old',
  'off',
  '0',
  '0_0',
  'v0',
  'false',
  'no',
  'none',
  'holdout',
];
export const tellingControls = 9;

/** Names of arms, of which a column with some must be the variant. */
export const armWords = [
  ...controlWords,
  ...[
    'treatment',
    'testgruppe',
    'test',
    'variant',
    'b',
    'c',
    'variant_b',
    'group_b',
    'version_b',
    'new',
    'on',
    '1',
    '1_0',
    'v1',
    'true',
    'yes',
  ],
];

export type EventRole = 'exposure' | 'add_to_cart' | 'begin_checkout' | 'purchase' | 'refund';

interface EventWords {
  readonly telling: readonly string[];
  /** Names that may mean the part, and as well may mean something else. */
  readonly vague: readonly string[];
}

/** Names of the events that play a part, the most telling first. */
export const eventWords: Readonly<Record<EventRole, EventWords>> = {
  exposure: {
    telling:
      words(`view_product product_view pdp_view product_viewed viewed_product view_item item_view item_viewed
      product_detail_view product_details_viewed product_page_view product_page_viewed view_content exposure
      experiment_viewed experiment_exposure exposed produktansicht produkt_angesehen produktaufruf produktseite
      produktdetailseite artikelansicht artikel_angesehen vue_produit produit_vu fiche_produit consultation_produit
      vista_producto producto_visto ver_producto`),
    vague:
      words(`page_view page_viewed pageview pageviews view viewed screen_view impression product visit session_start
      seitenaufruf seitenansicht ansicht aufruf besuch page_vue vue visite pagina_vista vista visita`),
  },
  add_to_cart: {
    telling:
      words(`add_to_cart addtocart added_to_cart product_added product_added_to_cart item_added_to_cart cart_add
      add_cart add_to_basket add_to_bag in_den_warenkorb in_den_warenkorb_gelegt zum_warenkorb_hinzugefuegt
      warenkorb_hinzugefuegt ajout_panier ajout_au_panier ajouter_au_panier anadir_al_carrito agregar_al_carrito`),
    vague: words('cart basket bag warenkorb einkaufswagen panier carrito cesta'),
  },
  begin_checkout: {
    telling:
      words(`begin_checkout checkout_started started_checkout start_checkout checkout_start initiate_checkout
      initiated_checkout checkout_initiated checkout_begin kasse zur_kasse kasse_gestartet bestellvorgang_gestartet
      debut_commande passage_en_caisse iniciar_compra inicio_compra`),
    vague: words('checkout checkout_viewed checkout_step_viewed bestellvorgang caisse caja'),
  },
  purchase: {
    telling:
      words(`purchase purchased order_completed order_complete completed_order order_placed placed_order place_order
      checkout_completed purchase_completed product_purchased kauf gekauft kauf_abgeschlossen bestellung bestellt
      bestellung_abgeschlossen kaufabschluss achat achat_effectue commande commande_validee compra
      compra_realizada pedido pedido_completado`),
    vague:
      words(`transaction order ordered buy bought payment payment_completed conversion sale checkout_success thank_you
      zahlung bezahlt verkauf transaktion konversion paiement vente pago venta`),
  },
  refund: {
    telling:
      words(`refund refunded order_refunded purchase_refunded rueckerstattung erstattung erstattet storno
      remboursement reembolso`),
    vague: words(
      'return returned order_cancelled cancelled retoure rueckgabe storniert annulation retour devolucion',
    ),
  },
};

function words(text: string): readonly string[] {
  return text.split(/\s+/);
}
