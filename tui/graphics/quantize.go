package graphics

import (
	"image"
	"image/color"
	"slices"
)

// quantize paints m with at most n colours, chosen for it by median cut, and hands
// what each pixel misses on to its neighbours (Floyd-Steinberg). m must be opaque.
func quantize(m *image.RGBA, n int) *image.Paletted {
	p := medianCut(m, max(2, n))
	out := image.NewPaletted(m.Rect, p.palette)
	w := m.Rect.Dx()
	// What is missed in this row and the next, for three channels, in 16ths.
	now, next := make([]int32, 3*(w+2)), make([]int32, 3*(w+2))
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		row := m.Pix[m.PixOffset(m.Rect.Min.X, y):]
		to := out.Pix[out.PixOffset(m.Rect.Min.X, y):]
		for x := range w {
			var want [3]int32
			for c := range want {
				want[c] = min(max(int32(row[4*x+c])+now[3*(x+1)+c]/16, 0), 255)
			}
			i := p.nearest(want)
			to[x] = i
			for c, v := range p.colours[i] {
				miss := want[c] - v
				now[3*(x+2)+c] += 7 * miss
				next[3*x+c] += 3 * miss
				next[3*(x+1)+c] += 5 * miss
				next[3*(x+2)+c] += miss
			}
		}
		now, next = next, now
		clear(next)
	}
	return out
}

// bits of each channel that the choice of colours looks at.
const (
	bits  = 5
	shift = 8 - bits
)

func bucketOf(c [3]int32) int {
	return int(c[0]>>shift)<<(2*bits) | int(c[1]>>shift)<<bits | int(c[2]>>shift)
}

// bucket is the colours that agree in their upper bits: how many, and their sum.
type bucket struct {
	count int64
	sum   [3]int64
}

func (b *bucket) mean(c int) int64 { return b.sum[c] / b.count }

// choice is a palette, and which of it is nearest to each bucket.
type choice struct {
	palette color.Palette
	colours [][3]int32
	near    []int16 // -1 where nobody asked yet
}

// medianCut splits the box of colours with the widest spread of pixels at the middle
// of them, again and again.
func medianCut(m *image.RGBA, n int) *choice {
	all := make([]bucket, 1<<(3*bits))
	for y := range m.Rect.Dy() {
		row := m.Pix[y*m.Stride:][:4*m.Rect.Dx()]
		for x := 0; x < len(row); x += 4 {
			c := [3]int32{int32(row[x]), int32(row[x+1]), int32(row[x+2])}
			b := &all[bucketOf(c)]
			b.count++
			for i, v := range c {
				b.sum[i] += int64(v)
			}
		}
	}
	var used []*bucket
	for i := range all {
		if all[i].count > 0 {
			used = append(used, &all[i])
		}
	}
	boxes := [][]*bucket{used}
	for len(boxes) < n {
		at, channel := widest(boxes)
		if at < 0 {
			break
		}
		left, right := split(boxes[at], channel)
		boxes[at] = left
		boxes = append(boxes, right)
	}
	c := &choice{near: make([]int16, len(all))}
	for i := range c.near {
		c.near[i] = -1
	}
	for _, box := range boxes {
		var sum bucket
		for _, b := range box {
			sum.count += b.count
			for i := range sum.sum {
				sum.sum[i] += b.sum[i]
			}
		}
		if sum.count == 0 {
			continue
		}
		v := [3]int32{int32(sum.mean(0)), int32(sum.mean(1)), int32(sum.mean(2))}
		c.colours = append(c.colours, v)
		c.palette = append(c.palette, color.RGBA{uint8(v[0]), uint8(v[1]), uint8(v[2]), 255})
	}
	return c
}

// widest is the box whose split gains the most, and the channel to split it in; -1 if
// none can be split.
func widest(boxes [][]*bucket) (at, channel int) {
	at, best := -1, int64(0)
	for i, box := range boxes {
		var count int64
		low, high := [3]int64{255, 255, 255}, [3]int64{}
		for _, b := range box {
			count += b.count
			for c := range low {
				low[c], high[c] = min(low[c], b.mean(c)), max(high[c], b.mean(c))
			}
		}
		for c := range low {
			if gain := (high[c] - low[c]) * count; len(box) > 1 && gain > best {
				at, channel, best = i, c, gain
			}
		}
	}
	return at, channel
}

// split halves a box by its pixels.
func split(box []*bucket, channel int) (left, right []*bucket) {
	slices.SortStableFunc(box, func(a, b *bucket) int { return int(a.mean(channel) - b.mean(channel)) })
	var total, seen int64
	for _, b := range box {
		total += b.count
	}
	at := 1
	for i, b := range box[:len(box)-1] {
		seen += b.count
		at = i + 1
		if seen*2 >= total {
			break
		}
	}
	return box[:at:at], box[at:]
}

// nearest is the palette's colour that looks the most like c.
func (p *choice) nearest(c [3]int32) uint8 {
	near := &p.near[bucketOf(c)]
	if *near < 0 {
		best := int32(1 << 30)
		for i, v := range p.colours {
			r, g, b := c[0]-v[0], c[1]-v[1], c[2]-v[2]
			if d := 2*r*r + 4*g*g + b*b; d < best { // eyes see green best
				*near, best = int16(i), d
			}
		}
	}
	return uint8(*near)
}
