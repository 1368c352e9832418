const umlauts: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss' };

/** `signupDate`, `Signup Date` and `signup-date` are `signup_date`; `Gerät` is `geraet`, `país` is `pais`. */
export function plainName(name: string): string {
  return name
    .trim()
    .normalize('NFC')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[äöüß]/g, (letter) => umlauts[letter] ?? letter)
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_|_$/g, '');
}

/** Other names that columns have elsewhere, the telling ones first. */
export const columnWords: Readonly<Record<string, readonly string[]>> = {
  user_id: words(`uid userid user customer_id visitor_id member_id client_id account_id user_pseudo_id
    fullvisitorid full_visitor_id distinct_id anonymous_id shopper_id profile_id kunden_id kundenid
    kundennummer kunden_nr kundennr nutzer_id nutzerid benutzer_id besucher_id id_client identifiant_client
    utilisateur_id id_utilisateur id_cliente cliente_id usuario_id id_usuario kunde nutzer benutzer besucher
    utilisateur cliente usuario id`),
  signup_ts: words(`signup_date signup_at signup_time signed_up_at registered_at registration_date joined_at
    join_date registriert_am registrierung registrierungsdatum anmeldedatum kunde_seit date_inscription
    inscription fecha_registro fecha_alta created_at created`),
  device: words('device_type device_category platform geraet geraetetyp endgeraet appareil dispositivo'),
  country: words('country_code country_name geo_country geo land laendercode pays code_pays pais'),
  product_id: words(`productid sku item_id article_id produkt_id produktid produktnummer artikel_id
    artikelnummer artikel_nr id_produit produit_id reference_produit id_producto producto_id product id`),
  category: words(`product_category category_name department product_type kategorie warengruppe
    produktkategorie categorie categoria`),
  price: words(`unit_price list_price product_price preis einzelpreis stueckpreis prix prix_unitaire precio
    precio_unitario`),
  session_id: words(`sessionid session visit_id sid ga_session_id sitzung sitzungs_id sitzungsid besuch_id
    id_session sesion sesion_id id_sesion id`),
  session_start_ts: words(`session_start session_start_time session_started_at started_at start_time
    start_ts visit_start sitzungsbeginn beginn debut_session inicio_sesion start timestamp ts created_at`),
  session_end_ts: words(`session_end session_end_time session_ended_at ended_at end_time end_ts visit_end
    sitzungsende fin_session fin_sesion end`),
  experiment_id: words(`experiment_name experiment experiment_key exp_id test_id test_name feature_flag
    flag_key testname experience id_experience experimento prueba test ab_test`),
  variant: words(`variant_name variant_id variation variation_id arm test_group experiment_group ab_group
    group_type testgruppe versuchsgruppe variante variante_id groupe_test grupo_prueba`),
  assigned_ts: words(`assigned_at assignment_ts assignment_date assignment_time assigned_date assigned
    bucketed_at enrolled_at exposed_at zugewiesen_am zugeteilt_am zuweisung zuteilung date_affectation
    date_assignation fecha_asignacion timestamp ts date created_at zeitstempel zeitpunkt horodatage
    marca_de_tiempo datum fecha`),
  event_id: words(`eventid hit_id action_id row_id message_id insert_id ereignis_id id_evenement
    evenement_id id_evento evento_id id uuid`),
  event_name: words(`event_type eventname event event_action action activity ereignis ereignisname aktion
    evenement nom_evenement evento nombre_evento accion type name`),
  event_ts: words(`event_time event_timestamp event_date timestamp ts time datetime occurred_at created_at
    sent_at received_at zeitstempel zeitpunkt uhrzeit zeit horodatage marca_de_tiempo datum fecha date`),
  quantity: words('qty item_count item_quantity order_quantity menge stueckzahl quantite cantidad'),
  revenue:
    words(`amount order_value total_amount order_total purchase_value purchase_revenue purchase_revenue_in_usd ecommerce_purchase_revenue total_price
    total_sales umsatz bestellwert betrag gesamtbetrag rechnungsbetrag warenwert erloes montant
    montant_total chiffre_affaires importe importe_total ingresos`),
  order_id: words(`orderid transaction_id order_number bestellnummer bestell_id bestellnr auftragsnummer
    numero_commande id_commande commande_id numero_pedido id_pedido pedido_id`),
  currency: words('currency_code currency_iso iso_currency waehrung devise moneda divisa'),
};

/** Whether a header is the column's name, or another one that tells it. */
export function isNameOf(column: string, header: string): boolean {
  const name = plainName(header);
  return name !== 'id' && (name === column || (columnWords[column] ?? []).includes(name));
}

/** Names that may mean the column, and as well may mean something else. */
export const vagueColumnWords: Readonly<Record<string, readonly string[]>> = {
  user_id: words('client customer visitor device_id cookie_id gast_id'),
  signup_ts: words('datum date fecha'),
  device: words('browser os'),
  country: words('region market markt locale'),
  product_id: words('produkt artikel item produit article producto articulo'),
  category: words('type typ gruppe'),
  price: words('amount betrag value wert'),
  session_id: words('visit besuch visite visita'),
  session_start_ts: words('datum date zeit zeitstempel fecha'),
  session_end_ts: words('ende fin'),
  experiment_id: words('kampagne campaign feature'),
  variant: words('group gruppe groupe grupo treatment treat treated condition bucket cohort version split'),
  assigned_ts: words('time zeit start heure hora'),
  event_id: words('nr lfd_nr nummer numero id_hit'),
  event_name: words('typ tipo seite page'),
  event_ts: words('tag day jour dia heure hora'),
  quantity: words('items units anzahl count nombre numero'),
  revenue: words('total sales spend value price summe gesamt wert preis prix precio valor valeur'),
  order_id: words('transaction order bestellung auftrag commande pedido'),
};

function words(text: string): readonly string[] {
  return text.split(/\s+/);
}
