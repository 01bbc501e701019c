package web

import (
	"encoding/base64"
	"net/http"
	"slices"
)

// Paging are the parameters of a list.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200" doc:"how many items at most"`
	Cursor string `query:"cursor" maxLength:"512" doc:"next of the former page"`
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"cursor of the next page; absent on the last one"`
}

// badCursor is a cursor that no page has given out.
func badCursor() *Problem {
	problem := newProblem(http.StatusUnprocessableEntity, "the cursor is not one of this server's")
	problem.Errors = []FieldError{{"query.cursor", "not a cursor of this server's"}}
	return problem
}

// pageOf cuts the page out of items, which are in the order of their positions
// (comparable strings). A cursor is the position of the last item seen, so that
// items which come or go between two pages make no other item appear twice or
// be left out.
func pageOf[T any](items []T, position func(T) string, p Paging) (Page[T], error) {
	if p.Cursor != "" {
		after, err := base64.RawURLEncoding.DecodeString(p.Cursor)
		if err != nil {
			return Page[T]{}, badCursor()
		}
		start, found := slices.BinarySearchFunc(items, string(after), func(item T, at string) int {
			switch have := position(item); {
			case have < at:
				return -1
			case have > at:
				return 1
			default:
				return 0
			}
		})
		if found {
			start++
		}
		items = items[start:]
	}
	if len(items) <= p.Limit {
		return Page[T]{Items: append([]T{}, items...)}, nil
	}
	items = items[:p.Limit:p.Limit]
	last := position(items[len(items)-1])
	return Page[T]{Items: items, Next: base64.RawURLEncoding.EncodeToString([]byte(last))}, nil
}
