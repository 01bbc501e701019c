package mixer

import "sync/atomic"

// queue is an unbounded lock-free queue of many producers and one consumer.
// push never waits and never fails; pop never waits. The consumer allocates
// nothing, and a producer that has its node ready does neither.
//
// The order is that of the swaps in push: each producer's own items stay in
// order. A producer that is suspended in the middle of push hides what others
// push after it until it goes on; pop reports an empty queue meanwhile.
type queue[T any] struct {
	head atomic.Pointer[node[T]] // last pushed; producers swap it
	tail *node[T]                // last popped; the consumer's
}

type node[T any] struct {
	next  atomic.Pointer[node[T]]
	value T
}

func (q *queue[T]) init() {
	first := new(node[T])
	q.head.Store(first)
	q.tail = first
}

// push appends n, which must not be in any queue.
func (q *queue[T]) push(n *node[T]) {
	q.head.Swap(n).next.Store(n)
}

// pop takes the oldest item. The node it came in stays in the queue as the new
// tail, emptied so that it keeps nothing alive.
func (q *queue[T]) pop() (value T, ok bool) {
	if q.head.Load() == q.tail {
		return value, false // seen without a look at the node, which is in nobody's cache
	}
	next := q.tail.next.Load()
	if next == nil {
		return value, false
	}
	var zero T
	value, next.value = next.value, zero
	q.tail = next
	return value, true
}
