package modules

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Setter is a type that decodes itself from a value of a playbook. It is implemented on the pointer.
type Setter interface{ Set(value any) error }

var setterType = reflect.TypeFor[Setter]()

// decodable reports whether convert can fill a value of this type.
func decodable(t reflect.Type) bool {
	if t == expressionType || reflect.PointerTo(t).Implements(setterType) {
		return true
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
		return true
	case reflect.Interface:
		return t.NumMethod() == 0
	case reflect.Slice:
		return decodable(t.Elem())
	case reflect.Map:
		return t.Key().Kind() == reflect.String && decodable(t.Elem())
	}
	return false
}

// convert fills v with a value, by the conversions of Ansible's argument specs: numbers become strings, "yes" a bool, "10" an int, "a,b" a list.
func convert(v reflect.Value, value any) error {
	if s, ok := v.Addr().Interface().(Setter); ok {
		return s.Set(value)
	}
	if e, ok := value.(Expression); ok && v.Type() == expressionType {
		v.Set(reflect.ValueOf(e))
		return nil
	}
	switch v.Kind() {
	case reflect.Interface:
		v.Set(reflect.ValueOf(value))
		return nil
	case reflect.String:
		return convertString(v, value)
	case reflect.Bool:
		b, err := toBool(value)
		v.SetBool(b)
		return err
	case reflect.Int, reflect.Int64:
		n, err := toInt(value)
		v.SetInt(n)
		return err
	case reflect.Float64:
		f, err := toFloat(value)
		v.SetFloat(f)
		return err
	case reflect.Slice:
		return convertSlice(v, value)
	case reflect.Map:
		return convertMap(v, value)
	}
	return fmt.Errorf("cannot be of type %s", v.Type())
}

func convertString(v reflect.Value, value any) error {
	s, err := Text(value)
	v.SetString(s)
	return err
}

// Text gives a scalar as a string, as Ansible does for an argument of type str: True and False for booleans, JSON for lists and dicts.
func Text(value any) (string, error) {
	switch x := value.(type) {
	case string:
		return x, nil
	case bool:
		if x {
			return "True", nil
		}
		return "False", nil
	case int64:
		return strconv.FormatInt(x, 10), nil
	case float64:
		return formatFloat(x), nil
	case fmt.Stringer: // an integer too large for int64
		return x.String(), nil
	case []any, map[string]any:
		b, err := json.Marshal(x)
		return string(b), err
	}
	return "", fmt.Errorf("is of type %s and we were unable to convert to str", kindName(value))
}

// formatFloat writes a float as Python's str does for the magnitudes that playbooks hold.
func formatFloat(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if math.Abs(f) < 1e16 && (math.Abs(f) >= 1e-4 || f == 0) {
		s = strconv.FormatFloat(f, 'f', -1, 64)
	}
	if !strings.ContainsAny(s, ".eIN") {
		s += ".0"
	}
	return s
}

// Bool gives a value as a boolean, as Ansible does for an argument of type bool.
func Bool(value any) (bool, error) { return toBool(value) }

func toBool(value any) (bool, error) {
	switch x := value.(type) {
	case bool:
		return x, nil
	case int64:
		if x == 0 || x == 1 {
			return x == 1, nil
		}
	case float64:
		if x == 0 || x == 1 {
			return x == 1, nil
		}
	case string:
		switch strings.ToLower(strings.TrimSpace(x)) {
		case "y", "yes", "on", "1", "true", "t", "1.0":
			return true, nil
		case "n", "no", "off", "0", "false", "f", "0.0":
			return false, nil
		}
	}
	return false, fmt.Errorf("must be a boolean (yes or no), got: %v", value)
}

func toInt(value any) (int64, error) {
	switch x := value.(type) {
	case int64:
		return x, nil
	case float64:
		if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return int64(x), nil
		}
	case string:
		if n, err := strconv.ParseInt(strings.TrimSpace(x), 10, 64); err == nil {
			return n, nil
		}
	}
	return 0, fmt.Errorf("must be an integer, got: %v", value)
}

func toFloat(value any) (float64, error) {
	switch x := value.(type) {
	case int64:
		return float64(x), nil
	case float64:
		return x, nil
	case string:
		if f, err := strconv.ParseFloat(strings.TrimSpace(x), 64); err == nil {
			return f, nil
		}
	}
	return 0, fmt.Errorf("must be a number, got: %v", value)
}

// convertSlice takes a list; a string is split at commas, another scalar is a list of one.
func convertSlice(v reflect.Value, value any) error {
	items, isList := value.([]any)
	switch x := value.(type) {
	case []any:
	case string:
		for part := range strings.SplitSeq(x, ",") {
			items = append(items, strings.TrimSpace(part))
		}
	case map[string]any:
		return fmt.Errorf("must be a list, got a dict")
	default:
		items = []any{x}
	}
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		if item == nil && v.Type().Elem().Kind() == reflect.Interface {
			continue
		}
		if item == nil {
			return fmt.Errorf("has no value in item %d", i+1)
		}
		if err := convert(out.Index(i), item); err != nil {
			if !isList {
				return err
			}
			return fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	v.Set(out)
	return nil
}

func convertMap(v reflect.Value, value any) error {
	m, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("must be a dict, got %s", kindName(value))
	}
	out := reflect.MakeMapWithSize(v.Type(), len(m))
	for k, item := range m {
		e := reflect.New(v.Type().Elem()).Elem()
		if item != nil {
			if err := convert(e, item); err != nil {
				return fmt.Errorf("key %q: %w", k, err)
			}
		}
		out.SetMapIndex(reflect.ValueOf(k).Convert(v.Type().Key()), e)
	}
	v.Set(out)
	return nil
}

func kindName(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case []any:
		return "a list"
	case map[string]any:
		return "a dict"
	}
	return fmt.Sprintf("%T", value)
}
