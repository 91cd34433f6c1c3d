package lookup

import (
	"context"
	"fmt"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// YAML gives the documents of a text as data, for jinja.WithYAML: strings in it are never templates.
func YAML(_ context.Context, text string) ([]jinja.Value, error) {
	nodes, faults := yamlsrc.Parse(&diag.Source{Name: "from_yaml", Text: text})
	if err := faults.Err(); err != nil {
		return nil, err
	}
	docs := make([]jinja.Value, len(nodes))
	for i, n := range nodes {
		v, err := data(n)
		if err != nil {
			return nil, err
		}
		docs[i] = v
	}
	return docs, nil
}

func data(n *yamlsrc.Node) (jinja.Value, error) {
	if n == nil {
		return nil, nil
	}
	if n.Tag == yamlsrc.TagVault {
		return nil, fmt.Errorf("%s: a value that is encrypted with ansible-vault cannot be read here", n.Pos)
	}
	switch n.Kind {
	case yamlsrc.Sequence:
		items := make([]jinja.Value, len(n.Items))
		for i, item := range n.Items {
			v, err := data(item)
			if err != nil {
				return nil, err
			}
			items[i] = v
		}
		return jinja.NewList(items...), nil
	case yamlsrc.Mapping:
		d := jinja.NewDict()
		for _, e := range n.Entries {
			v, err := data(e.Value)
			if err != nil {
				return nil, err
			}
			key, err := data(e.Key)
			if err != nil {
				return nil, err
			}
			d.Set(key, v)
		}
		return d, nil
	case yamlsrc.String:
		return n.Text, nil
	}
	return n.Value, nil
}
