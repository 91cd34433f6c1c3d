package jinja

// copied gives a copy of a scope's lists and dicts, deeply, so that a method that changes one does not change the scope's. What is lazy in them stays lazy.
func (st *state) copied(v Value) (Value, error) {
	if st.values++; st.values > maxValues {
		return nil, errTooMany
	}
	switch x := v.(type) {
	case *List:
		items, err := st.copiedItems(x.items)
		return &List{items: items}, err
	case Tuple:
		items, err := st.copiedItems(x)
		return Tuple(items), err
	case *Dict:
		d := x.Copy()
		for i := range d.entries {
			e, err := st.copied(d.entries[i].value)
			if err != nil {
				return nil, err
			}
			d.entries[i].value = e
		}
		return d, nil
	}
	return v, nil
}

func (st *state) copiedItems(vs []Value) ([]Value, error) {
	items := make([]Value, len(vs))
	for i, e := range vs {
		c, err := st.copied(e)
		if err != nil {
			return nil, err
		}
		items[i] = c
	}
	return items, nil
}
