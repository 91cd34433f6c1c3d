package lookup

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pfrun/pfrun/internal/jinja"
)

// inline takes the options that an older form of the term holds, "key file=x delimiter=,", and gives the key.
func inline(term string, o *jinja.Dict) (string, error) {
	if !strings.Contains(term, "=") {
		return strings.TrimSpace(term), nil
	}
	raw, kv, err := splitArgs(term)
	if err != nil {
		return "", err
	}
	for _, e := range kv {
		o.Set(e[0], e[1])
	}
	return raw, nil
}

func (l *lookups) csv(ctx context.Context, s jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	keys, err := texts(terms)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, errors.New("the key to search for is missing")
	}
	out := []jinja.Value{}
	for _, term := range keys {
		args := o.Copy()
		key, err := inline(term, args)
		if err != nil {
			return nil, err
		}
		def, _ := option(args, "default")
		v, found, err := l.csvValue(ctx, s, key, args)
		switch {
		case err != nil:
			return nil, err
		case found:
			out = append(out, v)
		case def != nil:
			out = append(out, flatten([]jinja.Value{def})...)
		}
	}
	return out, nil
}

func (l *lookups) csvValue(ctx context.Context, s jinja.Scope, key string, args *jinja.Dict) (string, bool, error) {
	delimiter := textOption(args, "delimiter", "TAB")
	if delimiter == "TAB" || delimiter == `\t` {
		delimiter = "\t"
	}
	comma, size := utf8.DecodeRuneInString(delimiter)
	if size != len(delimiter) || size == 0 {
		return "", false, fmt.Errorf("the delimiter must be one character, not %q", delimiter)
	}
	column, err := columnOption(args, "col", 1)
	if err != nil {
		return "", false, err
	}
	keyColumn, err := columnOption(args, "keycol", 0)
	if err != nil {
		return "", false, err
	}
	name := textOption(args, "file", "ansible.csv")
	decode, err := decoderOf(args)
	if err != nil {
		return "", false, err
	}
	if err := done(args); err != nil {
		return "", false, err
	}
	text, path, err := l.readAs(ctx, s, "files", name, decode)
	if err != nil {
		return "", false, err
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = comma, true, -1
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return "", false, nil
		}
		if err != nil {
			return "", false, fmt.Errorf("%s: %w", path, err)
		}
		if keyColumn < len(row) && row[keyColumn] == key {
			if column >= len(row) {
				return "", false, fmt.Errorf("%s: the row of %q has no column %d", path, key, column)
			}
			return row[column], true, nil
		}
	}
}

func columnOption(args *jinja.Dict, name string, def int) (int, error) {
	n, err := strconv.Atoi(textOption(args, name, strconv.Itoa(def)))
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s must be the number of a column", name)
	}
	return n, nil
}
