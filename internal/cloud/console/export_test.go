package console

import "aftersales/internal/followup"

// Only is a store that shows the journeys of some shops.
func Only(s followup.SweptStore, shops map[followup.ShopID]*followup.Shop) followup.SweptStore {
	return &only{SweptStore: s, shops: shops}
}
