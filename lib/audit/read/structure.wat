;; Finds the records in JSON text without parsing it: where each begins and ends, and whether it has to be parsed to know
;; what it is. It looks at 64 bytes at a time, and is written by hand because JavaScript has no SIMD; see docs/audit.md.
;; After a change: node scripts/build-structure.ts (a test compares).
;;
;; A "unit" is a value at the depth where records are: in a list, or at the top of the text. What is above that depth
;; (the list of records, the object around it), and what is odd, is given back to the caller, who reads it and goes on.
;;
;; Records are often alike but for a few members: times, ids, addresses. Two records are of one "kind" when their texts are
;; the same without the values of such members; `kind` finds that out without parsing either.
;;
;; Memory, in bytes:
;;       0  state, written by the caller too (offsets below)
;;      64  wanted values of eventSource: up to 32 pairs (mask, first bytes)
;;    1024  the bracket that opened each depth
;;    2048  where the lists and objects of the unit begin and end, from its beginning: up to 64 pairs
;;    2560  for each length of a name up to 31: one bit for each varying member with such a name
;;    2688  where the values of the varying members of the unit begin and end: 16 pairs
;;    3072  names of varying members: 16 times 32 bytes of the name with its closing quote, and 32 of its mask
;;    4096  marks: addresses in the text, of 4 bytes each
;;  131072  kinds by their hash: 8192 times hash, address, length, number, of 4 bytes each
;;  262144  texts of kinds
;; 4456448  text, up to where the caller filled it; the bytes right behind it must be readable
(module
  (memory (export "memory") 76)

  ;; State. Positions are addresses in this memory.
  (global $NEXT i32 (i32.const 0))        ;; from where nothing was looked at yet
  (global $DEPTH i32 (i32.const 4))       ;; open brackets
  (global $UNIT_DEPTH i32 (i32.const 8))  ;; open brackets around a unit
  (global $UNIT i32 (i32.const 12))       ;; where the unit begins, -1 between units
  (global $AT i32 (i32.const 16))         ;; the byte that the result is about
  (global $GAP i32 (i32.const 20))        ;; where the last unit ended, or up to where the caller has read since
  (global $TIGHT i32 (i32.const 24))      ;; 1 when GAP is the end of a unit
  (global $RECORDS i32 (i32.const 28))    ;; units that are records and not wanted
  (global $FLAGS i32 (i32.const 32))      ;; of the unit: 1 has an eventSource, 2 a wanted one, 4 is spelled oddly
  (global $WANTED i32 (i32.const 36))     ;; how many pairs there are
  (global $MARK i32 (i32.const 40))       ;; the next mark
  (global $LAST_MARK i32 (i32.const 44))  ;; behind the last mark
  (global $IN_STRING i32 (i32.const 48))  ;; i64: -1 when NEXT is in a string
  (global $ESCAPED i32 (i32.const 56))    ;; i64: 1 when the byte at NEXT is escaped
  (global $STRINGS i32 (i32.const 600))   ;; i64: where strings begin in the block before NEXT
  (global $SPANS i32 (i32.const 608))     ;; how many lists and objects the unit has, that are not in each other
  (global $KINDS i32 (i32.const 612))     ;; how many kinds are known
  (global $KIND_TEXT i32 (i32.const 616)) ;; behind the texts of kinds

  (global $PAIRS i32 (i32.const 64))
  (global $MARKS i32 (i32.const 4096))
  (global $TEXT i32 (i32.const 4456448))
  (global $KIND_TABLE i32 (i32.const 131072))
  (global $KIND_TEXTS i32 (i32.const 262144))
  ;; The longest unit that has a kind, and how many kinds there may be: half of the table.
  (global $LONGEST_KIND i32 (i32.const 65536))
  (global $MOST_KINDS i32 (i32.const 4096))
  ;; How much text is marked at a time, so that the marks of nothing but brackets fit too.
  (global $STRETCH i32 (i32.const 16384))

  ;; Results.
  (global $MORE i32 (i32.const 0))        ;; all of the text was looked at
  (global $UNIT_ENDS i32 (i32.const 1))   ;; a unit that must be parsed: from UNIT to AT
  (global $GAP_ENDS i32 (i32.const 2))    ;; a unit begins, and what is between GAP and UNIT is to be read
  (global $OPENS i32 (i32.const 3))       ;; a bracket above the units, or one that may be the list of records, at AT
  (global $CLOSES i32 (i32.const 4))      ;; a bracket above the units, at AT
  (global $MISPLACED i32 (i32.const 5))   ;; a bracket where none may be, at AT
  (global $TOO_DEEP i32 (i32.const 6))    ;; more brackets are open than there is memory for, at AT
  (global $RAW_CONTROL i32 (i32.const 7)) ;; a control character in a string, at AT

  ;; One bit for each of 64 bytes.
  (func $joinMasks (param $a v128) (param $b v128) (param $c v128) (param $d v128) (result i64)
    (i64.or
      (i64.or
        (i64.extend_i32_u (i8x16.bitmask (local.get $a)))
        (i64.shl (i64.extend_i32_u (i8x16.bitmask (local.get $b))) (i64.const 16)))
      (i64.or
        (i64.shl (i64.extend_i32_u (i8x16.bitmask (local.get $c))) (i64.const 32))
        (i64.shl (i64.extend_i32_u (i8x16.bitmask (local.get $d))) (i64.const 48)))))

  ;; Marks the bytes of a stretch of text that `scan` has to see: brackets that are in no string, the closing quotes of
  ;; strings of 11 bytes ("eventSource" is one), each \u, and control characters in strings.
  (func $mark (param $limit i32)
    (local $next i32) (local $end i32) (local $mark i32) (local $escaped i64) (local $inString i64) (local $before i64)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (local $slashes i64) (local $escapes i64) (local $quotes i64) (local $inside i64) (local $strings i64) (local $bits i64)

    (local.set $next (i32.load (global.get $NEXT)))
    (local.set $escaped (i64.load (global.get $ESCAPED)))
    (local.set $inString (i64.load (global.get $IN_STRING)))
    (local.set $before (i64.load (global.get $STRINGS)))
    (local.set $mark (global.get $MARKS))
    (local.set $end (i32.add (local.get $next) (global.get $STRETCH)))
    (if (i32.lt_s (local.get $limit) (local.get $end)) (then (local.set $end (local.get $limit))))

    (block $done
      (loop $blocks
        (br_if $done (i32.gt_s (i32.add (local.get $next) (i32.const 64)) (local.get $end)))
        (local.set $a (v128.load (local.get $next)))
        (local.set $b (v128.load offset=16 (local.get $next)))
        (local.set $c (v128.load offset=32 (local.get $next)))
        (local.set $d (v128.load offset=48 (local.get $next)))

        ;; Backslashes.
        (local.set $e (i8x16.eq (local.get $a) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92)))
        (local.set $f (i8x16.eq (local.get $b) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92)))
        (local.set $g (i8x16.eq (local.get $c) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92)))
        (local.set $h (i8x16.eq (local.get $d) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92)))
        (local.set $escapes (i64.const 0))
        (if (v128.any_true (v128.or (v128.or (local.get $e) (local.get $f)) (v128.or (local.get $g) (local.get $h))))
          (then
            ;; Which of them escape, and which bytes are escaped, by one subtraction:
            ;; https://github.com/simdjson/simdjson/blob/master/src/generic/stage1/json_escape_scanner.h (Apache-2.0)
            (local.set $slashes (call $joinMasks (local.get $e) (local.get $f) (local.get $g) (local.get $h)))
            (local.set $inside (i64.and (local.get $slashes) (i64.xor (local.get $escaped) (i64.const -1))))
            (local.set $inside (i64.xor
              (i64.sub
                (i64.or (i64.shl (local.get $inside) (i64.const 1)) (i64.const 0xaaaaaaaaaaaaaaaa))
                (local.get $inside))
              (i64.const 0xaaaaaaaaaaaaaaaa)))
            (local.set $escapes (i64.and (local.get $inside) (local.get $slashes)))
            (local.set $escaped (i64.xor (local.get $inside) (i64.or (local.get $slashes) (local.get $escaped))))))

        ;; Quotes. Each turns all bits behind it: what is left is 1 from the opening quote of a string up to its closing one.
        (local.set $quotes (i64.and
          (i64.or
            (i64.or
              (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $a) (v128.const i8x16 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34))))
              (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $b) (v128.const i8x16 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34)))) (i64.const 16)))
            (i64.or
              (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $c) (v128.const i8x16 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34)))) (i64.const 32))
              (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $d) (v128.const i8x16 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34)))) (i64.const 48))))
          (i64.xor (local.get $escaped) (i64.const -1))))
        (local.set $escaped (i64.shr_u (local.get $escapes) (i64.const 63)))
        (local.set $inside (i64.xor (local.get $quotes) (i64.shl (local.get $quotes) (i64.const 1))))
        (local.set $inside (i64.xor (local.get $inside) (i64.shl (local.get $inside) (i64.const 2))))
        (local.set $inside (i64.xor (local.get $inside) (i64.shl (local.get $inside) (i64.const 4))))
        (local.set $inside (i64.xor (local.get $inside) (i64.shl (local.get $inside) (i64.const 8))))
        (local.set $inside (i64.xor (local.get $inside) (i64.shl (local.get $inside) (i64.const 16))))
        (local.set $inside (i64.xor (local.get $inside) (i64.shl (local.get $inside) (i64.const 32))))
        (local.set $inside (i64.xor (local.get $inside) (local.get $inString)))
        (local.set $inString (i64.shr_s (local.get $inside) (i64.const 63)))

        ;; With these three bits set, all brackets are one byte; so are "Y", "y", "_" and DEL, which JSON has in strings only.
        (local.set $e (i8x16.eq (v128.or (local.get $a) (v128.const i8x16 38 38 38 38 38 38 38 38 38 38 38 38 38 38 38 38)) (v128.const i8x16 127 127 127 127 127 127 127 127 127 127 127 127 127 127 127 127)))
        (local.set $f (i8x16.eq (v128.or (local.get $b) (v128.const i8x16 38 38 38 38 38 38 38 38 38 38 38 38 38 38 38 38)) (v128.const i8x16 127 127 127 127 127 127 127 127 127 127 127 127 127 127 127 127)))
        (local.set $g (i8x16.eq (v128.or (local.get $c) (v128.const i8x16 38 38 38 38 38 38 38 38 38 38 38 38 38 38 38 38)) (v128.const i8x16 127 127 127 127 127 127 127 127 127 127 127 127 127 127 127 127)))
        (local.set $h (i8x16.eq (v128.or (local.get $d) (v128.const i8x16 38 38 38 38 38 38 38 38 38 38 38 38 38 38 38 38)) (v128.const i8x16 127 127 127 127 127 127 127 127 127 127 127 127 127 127 127 127)))
        (local.set $bits (i64.and
          (i64.or
            (i64.or
              (i64.extend_i32_u (i8x16.bitmask (local.get $e)))
              (i64.shl (i64.extend_i32_u (i8x16.bitmask (local.get $f))) (i64.const 16)))
            (i64.or
              (i64.shl (i64.extend_i32_u (i8x16.bitmask (local.get $g))) (i64.const 32))
              (i64.shl (i64.extend_i32_u (i8x16.bitmask (local.get $h))) (i64.const 48))))
          (i64.xor (local.get $inside) (i64.const -1))))

        ;; Closing quotes that have an opening one 12 bytes before them, which may be in the block before.
        (local.set $strings (i64.and (local.get $quotes) (local.get $inside)))
        (local.set $bits (i64.or
          (local.get $bits)
          (i64.and
            (i64.xor (local.get $quotes) (local.get $strings))
            (i64.or
              (i64.shl (local.get $strings) (i64.const 12))
              (i64.shr_u (local.get $before) (i64.const 52))))))
        (local.set $before (local.get $strings))

        ;; Each \u.
        (if (i64.ne (local.get $escapes) (i64.const 0))
          (then (local.set $bits (i64.or
            (local.get $bits)
            (i64.and
              (local.get $escapes)
              (call $joinMasks
                (i8x16.eq (v128.load offset=1 (local.get $next)) (v128.const i8x16 117 117 117 117 117 117 117 117 117 117 117 117 117 117 117 117))
                (i8x16.eq (v128.load offset=17 (local.get $next)) (v128.const i8x16 117 117 117 117 117 117 117 117 117 117 117 117 117 117 117 117))
                (i8x16.eq (v128.load offset=33 (local.get $next)) (v128.const i8x16 117 117 117 117 117 117 117 117 117 117 117 117 117 117 117 117))
                (i8x16.eq (v128.load offset=49 (local.get $next)) (v128.const i8x16 117 117 117 117 117 117 117 117 117 117 117 117 117 117 117 117))))))))

        ;; Control characters in strings.
        (local.set $e (v128.const i8x16 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32))
        (if (v128.any_true (i8x16.lt_u
              (i8x16.min_u (i8x16.min_u (local.get $a) (local.get $b)) (i8x16.min_u (local.get $c) (local.get $d)))
              (local.get $e)))
          (then (local.set $bits (i64.or
            (local.get $bits)
            (i64.and
              (local.get $inside)
              (call $joinMasks
                (i8x16.lt_u (local.get $a) (local.get $e))
                (i8x16.lt_u (local.get $b) (local.get $e))
                (i8x16.lt_u (local.get $c) (local.get $e))
                (i8x16.lt_u (local.get $d) (local.get $e))))))))

        ;; Two marks are written whether there are so many or not: that is faster than to guess how many there are.
        (i32.store (local.get $mark) (i32.add (local.get $next) (i32.wrap_i64 (i64.ctz (local.get $bits)))))
        (local.set $slashes (i64.and (local.get $bits) (i64.sub (local.get $bits) (i64.const 1))))
        (i32.store offset=4 (local.get $mark) (i32.add (local.get $next) (i32.wrap_i64 (i64.ctz (local.get $slashes)))))
        (local.set $slashes (i64.and (local.get $slashes) (i64.sub (local.get $slashes) (i64.const 1))))
        (local.set $quotes (i64.popcnt (local.get $bits)))
        (if (i64.gt_u (local.get $quotes) (i64.const 2))
          (then
            (local.set $mark (i32.add (local.get $mark) (i32.const 8)))
            (loop $rest
              (i32.store (local.get $mark) (i32.add (local.get $next) (i32.wrap_i64 (i64.ctz (local.get $slashes)))))
              (local.set $mark (i32.add (local.get $mark) (i32.const 4)))
              (local.set $slashes (i64.and (local.get $slashes) (i64.sub (local.get $slashes) (i64.const 1))))
              (br_if $rest (i64.ne (local.get $slashes) (i64.const 0)))))
          (else (local.set $mark (i32.add
            (local.get $mark)
            (i32.shl (i32.wrap_i64 (local.get $quotes)) (i32.const 2))))))

        (local.set $next (i32.add (local.get $next) (i32.const 64)))
        (br $blocks)))

    (i32.store (global.get $NEXT) (local.get $next))
    (i64.store (global.get $ESCAPED) (local.get $escaped))
    (i64.store (global.get $IN_STRING) (local.get $inString))
    (i64.store (global.get $STRINGS) (local.get $before))
    (i32.store (global.get $MARK) (global.get $MARKS))
    (i32.store (global.get $LAST_MARK) (local.get $mark)))

  ;; The last byte before `at` that is no white space.
  (func $byteBefore (param $at i32) (result i32)
    (local $byte i32)
    (loop $back
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (local.set $byte (i32.load8_u (local.get $at)))
      (br_if $back (i32.and (i32.le_u (local.get $byte) (i32.const 0x20)) (i32.gt_u (local.get $at) (global.get $TEXT)))))
    (local.get $byte))

  ;; Whether a bracket may open at `at` in a list or an object: a value follows "[", "," or, in an object, ":".
  (func $mayOpen (param $at i32) (param $parent i32) (result i32)
    (local $byte i32)
    (local.set $byte (call $byteBefore (local.get $at)))
    (if (result i32) (i32.eq (local.get $parent) (i32.const 0x7b)) ;; {
      (then (i32.eq (local.get $byte) (i32.const 0x3a)))           ;; :
      (else (i32.or
        (i32.eq (local.get $byte) (i32.const 0x5b))                ;; [
        (i32.eq (local.get $byte) (i32.const 0x2c))))))            ;; ,

  ;; Whether the list that opens at `at` may be that of the key "Records": the key ends in `ecords":`, or is spelled oddly.
  (func $mayBeRecords (param $at i32) (param $flags i32) (result i32)
    (i32.or
      (i32.or
        (i64.eq (i64.load (i32.sub (local.get $at) (i32.const 8))) (i64.const 0x3a227364726f6365))
        (i32.ne (i32.load16_u (i32.sub (local.get $at) (i32.const 2))) (i32.const 0x3a22)))
      (i32.and (local.get $flags) (i32.const 4))))

  ;; What the string of 11 bytes that ends at `at` tells of its unit, as FLAGS. Only `"eventSource":"` is taken at its word;
  ;; with white space in it the unit is parsed. The same text as a value is no key and tells nothing.
  (func $readSource (param $at i32) (param $wanted i32) (result i32)
    (local $value i64)
    (local $pair i32)
    (local $end i32)
    (if (i64.ne (i64.load (i32.sub (local.get $at) (i32.const 11))) (i64.const 0x756f53746e657665)) ;; eventSou
      (then (return (i32.const 0))))
    (if (i32.ne (i32.load (i32.sub (local.get $at) (i32.const 4))) (i32.const 0x65637275))           ;; urce
      (then (return (i32.const 0))))
    (if (i32.ne (i32.load16_u (i32.add (local.get $at) (i32.const 1))) (i32.const 0x223a))         ;; :"
      (then
        (local.set $end (i32.load8_u (i32.add (local.get $at) (i32.const 1))))
        (return (i32.shl
          (i32.or (i32.le_u (local.get $end) (i32.const 0x20)) (i32.eq (local.get $end) (i32.const 0x3a)))
          (i32.const 2)))))
    (local.set $value (i64.load (i32.add (local.get $at) (i32.const 3))))
    (local.set $pair (global.get $PAIRS))
    (local.set $end (i32.add (global.get $PAIRS) (i32.shl (local.get $wanted) (i32.const 4))))
    (block $none
      (loop $pairs
        (br_if $none (i32.eq (local.get $pair) (local.get $end)))
        (if (i64.eq
              (i64.and (local.get $value) (i64.load (local.get $pair)))
              (i64.load offset=8 (local.get $pair)))
          (then (return (i32.const 3))))
        (local.set $pair (i32.add (local.get $pair) (i32.const 16)))
        (br $pairs)))
    (i32.const 1))

  ;; Looks at the text from NEXT up to `limit`, in whole blocks of 64 bytes, until there is something for the caller. 32
  ;; bytes behind `limit` must be text as well, or white space at its end.
  (func (export "scan") (param $limit i32) (result i32)
    (local $mark i32) (local $lastMark i32) (local $at i32) (local $byte i32) (local $result i32)
    (local $depth i32) (local $unitDepth i32) (local $unit i32) (local $gap i32) (local $tight i32)
    (local $records i32) (local $flags i32) (local $wanted i32) (local $source i32) (local $spans i32)

    (local.set $spans (i32.load (global.get $SPANS)))
    (local.set $mark (i32.load (global.get $MARK)))
    (local.set $lastMark (i32.load (global.get $LAST_MARK)))
    (local.set $depth (i32.load (global.get $DEPTH)))
    (local.set $unitDepth (i32.load (global.get $UNIT_DEPTH)))
    (local.set $unit (i32.load (global.get $UNIT)))
    (local.set $gap (i32.load (global.get $GAP)))
    (local.set $tight (i32.load (global.get $TIGHT)))
    (local.set $records (i32.load (global.get $RECORDS)))
    (local.set $flags (i32.load (global.get $FLAGS)))
    (local.set $wanted (i32.load (global.get $WANTED)))

    (block $found
      (loop $marks
        (if (i32.eq (local.get $mark) (local.get $lastMark))
          (then
            (if (i32.gt_s (i32.add (i32.load (global.get $NEXT)) (i32.const 64)) (local.get $limit))
              (then
                (local.set $result (global.get $MORE))
                (br $found)))
            (call $mark (local.get $limit))
            (local.set $mark (i32.load (global.get $MARK)))
            (local.set $lastMark (i32.load (global.get $LAST_MARK)))
            (br $marks)))
        (local.set $at (i32.load (local.get $mark)))
        (local.set $mark (i32.add (local.get $mark) (i32.const 4)))
        (local.set $byte (i32.load8_u (local.get $at)))

        (block $close
          (block $open
            (br_if $open (i32.eq (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x7b)))
            (br_if $close (i32.eq (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x7d)))
            (if (i32.lt_u (local.get $byte) (i32.const 0x20))
              (then
                (local.set $result (global.get $RAW_CONTROL))
                (br $found)))
            (if (i32.eq (local.get $byte) (i32.const 0x22)) ;; "
              (then
                (if (i32.eq (local.get $depth) (i32.add (local.get $unitDepth) (i32.const 1)))
                  (then
                    (local.set $source (call $readSource (local.get $at) (local.get $wanted)))
                    ;; With two of them, JSON takes the last.
                    (local.set $flags (i32.or
                      (local.get $flags)
                      (i32.or
                        (local.get $source)
                        (i32.shl (i32.and (i32.and (local.get $flags) (local.get $source)) (i32.const 1)) (i32.const 2))))))))
              ;; A \u may spell anything.
              (else (local.set $flags (i32.or (local.get $flags) (i32.const 4)))))
            (br $marks))

          ;; { or [
          (if (i32.gt_s (local.get $depth) (local.get $unitDepth))
            (then
              (if (i32.eqz (call $mayOpen
                    (local.get $at)
                    (i32.load8_u offset=1024 (i32.sub (local.get $depth) (i32.const 1)))))
                (then
                  (local.set $result (global.get $MISPLACED))
                  (br $found)))
              (if (i32.eq (local.get $depth) (i32.const 1024))
                (then
                  (local.set $result (global.get $TOO_DEEP))
                  (br $found)))))
          (i32.store8 offset=1024 (local.get $depth) (local.get $byte))
          (local.set $depth (i32.add (local.get $depth) (i32.const 1)))
          (if (i32.gt_s (local.get $depth) (i32.add (local.get $unitDepth) (i32.const 1)))
            (then
              (if (i32.eq (local.get $depth) (i32.add (local.get $unitDepth) (i32.const 2)))
                (then (i32.store offset=2048
                  (i32.shl (local.get $spans) (i32.const 3))
                  (i32.sub (local.get $at) (local.get $unit)))))
              ;; Inside of a unit. Only one at the top of the text may turn out to have the list of records.
              (br_if $marks (i32.or
                (i32.or (local.get $unitDepth) (i32.xor (local.get $depth) (i32.const 2)))
                (i32.xor (local.get $byte) (i32.const 0x5b)))) ;; [
              (br_if $marks (i32.eqz (call $mayBeRecords (local.get $at) (local.get $flags))))
              (local.set $result (global.get $OPENS))
              (br $found)))
          (if (i32.or
                (i32.le_s (local.get $depth) (local.get $unitDepth))
                (i32.and (i32.eqz (local.get $unitDepth)) (i32.eq (local.get $byte) (i32.const 0x5b))))
            (then
              (local.set $result (global.get $OPENS))
              (br $found)))
          ;; A unit begins.
          (local.set $unit (local.get $at))
          (local.set $flags (i32.const 0))
          (local.set $spans (i32.const 0))
          (br_if $marks (i32.and
            (local.get $tight)
            (if (result i32) (local.get $unitDepth)
              (then (i32.and
                (i32.eq (local.get $at) (i32.add (local.get $gap) (i32.const 1)))
                (i32.eq (i32.load8_u (local.get $gap)) (i32.const 0x2c)))) ;; ,
              (else (i32.or
                (i32.eq (local.get $at) (local.get $gap))
                (i32.and
                  (i32.eq (local.get $at) (i32.add (local.get $gap) (i32.const 1)))
                  (i32.eq (i32.load8_u (local.get $gap)) (i32.const 0x0a))))))))
          (local.set $result (global.get $GAP_ENDS))
          (br $found))

        ;; } or ]
        (if (i32.eqz (local.get $depth))
          (then
            (local.set $result (global.get $MISPLACED))
            (br $found)))
        (if (i32.ne
              (i32.load8_u offset=1024 (i32.sub (local.get $depth) (i32.const 1)))
              (i32.sub (local.get $byte) (i32.const 2)))
          (then
            (local.set $result (global.get $MISPLACED))
            (br $found)))
        (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
        (if (i32.gt_s (local.get $depth) (local.get $unitDepth))
          (then
            (if (i32.eq (local.get $depth) (i32.add (local.get $unitDepth) (i32.const 1)))
              (then
                (i32.store offset=2052
                  (i32.shl (local.get $spans) (i32.const 3))
                  (i32.sub (local.get $at) (local.get $unit)))
                ;; Behind the last pair that there is room for, the others are written over it.
                (local.set $spans (i32.add (local.get $spans) (i32.lt_u (local.get $spans) (i32.const 63))))))
            (br $marks)))
        (if (i32.lt_s (local.get $depth) (local.get $unitDepth))
          (then
            (local.set $result (global.get $CLOSES))
            (br $found)))
        ;; A unit ends.
        (if (i32.eq (local.get $flags) (i32.const 1))
          (then
            (local.set $records (i32.add (local.get $records) (i32.const 1)))
            (local.set $unit (i32.const -1))
            (local.set $gap (i32.add (local.get $at) (i32.const 1)))
            (local.set $tight (i32.const 1))
            (br $marks)))
        (local.set $result (global.get $UNIT_ENDS))
        (br $found)))

    (i32.store (global.get $MARK) (local.get $mark))
    (i32.store (global.get $DEPTH) (local.get $depth))
    (i32.store (global.get $UNIT) (local.get $unit))
    (i32.store (global.get $AT) (local.get $at))
    (i32.store (global.get $GAP) (local.get $gap))
    (i32.store (global.get $TIGHT) (local.get $tight))
    (i32.store (global.get $RECORDS) (local.get $records))
    (i32.store (global.get $FLAGS) (local.get $flags))
    (i32.store (global.get $SPANS) (local.get $spans))
    (local.get $result))

  ;; Where a string ends whose opening quote is at `at`: behind its closing quote; 0 when it has a backslash.
  (func $skipString (param $at i32) (result i32)
    (local $quotes i32) (local $slashes i32) (local $text v128)
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (loop $blocks
      (local.set $text (v128.load (local.get $at)))
      (local.set $quotes (i8x16.bitmask (i8x16.eq (local.get $text) (v128.const i8x16 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34))))
      (local.set $slashes (i8x16.bitmask (i8x16.eq (local.get $text) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92))))
      ;; A backslash before the quote.
      (if (i32.and
            (local.get $slashes)
            (i32.sub (i32.and (local.get $quotes) (i32.sub (i32.const 0) (local.get $quotes))) (i32.const 1)))
        (then (return (i32.const 0))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $blocks (i32.eqz (local.get $quotes))))
    (i32.add (local.get $at) (i32.sub (i32.ctz (local.get $quotes)) (i32.const 15))))

  ;; The same for any string.
  (func $skipAnyString (param $at i32) (result i32)
    (local $end i32) (local $byte i32)
    (local.set $end (call $skipString (local.get $at)))
    (if (local.get $end) (then (return (local.get $end))))
    (loop $bytes
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $byte (i32.load8_u (local.get $at)))
      (if (i32.eq (local.get $byte) (i32.const 0x5c)) ;; \
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $bytes)))
      (br_if $bytes (i32.ne (local.get $byte) (i32.const 0x22)))) ;; "
    (i32.add (local.get $at) (i32.const 1)))

  ;; Which varying member has the name between these addresses; -1 when none has.
  (func $findName (param $from i32) (param $to i32) (result i32)
    (local $length i32) (local $bits i32) (local $name i32) (local $found i32)
    (local.set $length (i32.sub (local.get $to) (local.get $from)))
    (if (i32.gt_u (local.get $length) (i32.const 31)) (then (return (i32.const -1))))
    (local.set $bits (i32.load offset=2560 (i32.shl (local.get $length) (i32.const 2))))
    (loop $names
      (if (i32.eqz (local.get $bits)) (then (return (i32.const -1))))
      (local.set $found (i32.ctz (local.get $bits)))
      (local.set $name (i32.shl (local.get $found) (i32.const 6)))
      (local.set $bits (i32.and (local.get $bits) (i32.sub (local.get $bits) (i32.const 1))))
      (br_if $names (v128.any_true (v128.or
        (v128.and
          (v128.xor (v128.load (local.get $from)) (v128.load offset=3072 (local.get $name)))
          (v128.load offset=3104 (local.get $name)))
        (v128.and
          (v128.xor (v128.load offset=16 (local.get $from)) (v128.load offset=3088 (local.get $name)))
          (v128.load offset=3120 (local.get $name)))))))
    (local.get $found))

  ;; Copies text, and up to 15 bytes more; gives the address behind the copy.
  (func $copy (param $from i32) (param $to i32) (param $target i32) (result i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $target) (i32.sub (local.get $to) (local.get $from))))
    (loop $blocks
      (v128.store (local.get $target) (v128.load (local.get $from)))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (local.set $target (i32.add (local.get $target) (i32.const 16)))
      (br_if $blocks (i32.lt_u (local.get $from) (local.get $to))))
    (local.get $end))

  ;; Copies the unit without the values of varying members to `target`, and notes where those are. Gives the address behind
  ;; the copy; 0 when the unit has white space or escapes where that is not easy.
  (func $copyKind (param $target i32) (result i32)
    (local $at i32) (local $last i32) (local $from i32) (local $name i32) (local $value i32) (local $byte i32) (local $span i32)
    (local $unit i32) (local $quotes i32) (local $text v128)
    (local.set $unit (i32.load (global.get $UNIT)))
    (local.set $from (local.get $unit))
    (local.set $last (i32.load (global.get $AT)))
    (local.set $at (i32.add (local.get $from) (i32.const 1)))
    (loop $members
      (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x22)) (then (return (i32.const 0))))
      (local.set $name (i32.add (local.get $at) (i32.const 1)))
      ;; Most names are short.
      (local.set $text (v128.load (local.get $name)))
      (local.set $quotes (i8x16.bitmask (i8x16.eq (local.get $text) (v128.const i8x16 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34))))
      (if (i32.or
            (i32.eqz (local.get $quotes))
            (v128.any_true (i8x16.eq (local.get $text) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92))))
        (then
          (local.set $at (call $skipString (local.get $at)))
          (if (i32.eqz (local.get $at)) (then (return (i32.const 0)))))
        (else (local.set $at (i32.add (local.get $at) (i32.add (i32.ctz (local.get $quotes)) (i32.const 2))))))
      (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x3a)) (then (return (i32.const 0)))) ;; :
      (local.set $name (call $findName (local.get $name) (i32.sub (local.get $at) (i32.const 1))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $value (local.get $at))
      (local.set $byte (i32.load8_u (local.get $at)))
      (if (i32.eq (local.get $byte) (i32.const 0x22))
        (then (local.set $at (call $skipAnyString (local.get $at))))
        (else
          (if (i32.eq (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x7b)) ;; [ or {
            (then
              (if (i32.ne
                    (i32.add (i32.load offset=2048 (local.get $span)) (local.get $unit))
                    (local.get $at))
                (then (return (i32.const 0))))
              (local.set $at (i32.add
                (i32.add (i32.load offset=2052 (local.get $span)) (local.get $unit))
                (i32.const 1)))
              (local.set $span (i32.add (local.get $span) (i32.const 8))))
            (else
              (loop $bytes
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (local.set $byte (i32.load8_u (local.get $at)))
                (br_if $bytes (i32.and
                  (i32.ne (local.get $byte) (i32.const 0x2c)) ;; ,
                  (i32.lt_u (local.get $at) (local.get $last)))))))))
      (if (i32.ge_s (local.get $name) (i32.const 0))
        (then
          (local.set $target (call $copy (local.get $from) (local.get $value) (local.get $target)))
          (local.set $from (local.get $at))
          (local.set $name (i32.shl (local.get $name) (i32.const 3)))
          (i32.store offset=2688 (local.get $name) (local.get $value))
          (i32.store offset=2692 (local.get $name) (local.get $at))))
      (if (i32.eq (local.get $at) (local.get $last))
        (then (return (call $copy (local.get $from) (i32.add (local.get $at) (i32.const 1)) (local.get $target)))))
      (local.set $byte (i32.load8_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $members (i32.eq (local.get $byte) (i32.const 0x2c)))) ;; ,
    (i32.const 0))

  ;; Of a text that is followed by zeros up to a whole block.
  (func $hash (param $from i32) (param $to i32) (result i32)
    (local $one i64) (local $other i64)
    (loop $blocks
      (local.set $one (i64.mul
        (i64.xor (i64.rotl (local.get $one) (i64.const 23)) (i64.load (local.get $from)))
        (i64.const 0x9e3779b97f4a7c15)))
      (local.set $other (i64.mul
        (i64.xor (i64.rotl (local.get $other) (i64.const 29)) (i64.load offset=8 (local.get $from)))
        (i64.const 0xc2b2ae3d27d4eb4f)))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $blocks (i32.lt_u (local.get $from) (local.get $to))))
    (local.set $one (i64.xor (local.get $one) (i64.rotl (local.get $other) (i64.const 32))))
    (i32.wrap_i64 (i64.xor (local.get $one) (i64.shr_u (local.get $one) (i64.const 29)))))

  ;; Whether two texts of one length are the same; both are followed by zeros up to a whole block.
  (func $isSame (param $one i32) (param $other i32) (param $length i32) (result i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $one) (local.get $length)))
    (loop $blocks
      (if (v128.any_true (v128.xor (v128.load (local.get $one)) (v128.load (local.get $other))))
        (then (return (i32.const 0))))
      (local.set $one (i32.add (local.get $one) (i32.const 16)))
      (local.set $other (i32.add (local.get $other) (i32.const 16)))
      (br_if $blocks (i32.lt_u (local.get $one) (local.get $end))))
    (i32.const 1))

  ;; The kind of the unit that ended, as a number: that of an earlier unit, or the next one, which is KINDS before the call.
  ;; -1 when it has none; -2 when there is no room for one more, and the caller has to set KINDS and KIND_TEXT and the table
  ;; back first.
  (func (export "kind") (result i32)
    (local $text i32) (local $end i32) (local $length i32) (local $hash i32) (local $slot i32)
    (if (i32.gt_u (i32.sub (i32.load (global.get $AT)) (i32.load (global.get $UNIT))) (global.get $LONGEST_KIND))
      (then (return (i32.const -1))))
    (local.set $text (i32.load (global.get $KIND_TEXT)))
    (if (i32.or
          (i32.ge_u (i32.load (global.get $KINDS)) (global.get $MOST_KINDS))
          (i32.gt_u
            (i32.add (local.get $text) (i32.shl (global.get $LONGEST_KIND) (i32.const 1)))
            (global.get $TEXT)))
      (then (return (i32.const -2))))
    (v128.store offset=2688 (i32.const 0) (v128.const i64x2 0 0))
    (v128.store offset=2704 (i32.const 0) (v128.const i64x2 0 0))
    (v128.store offset=2720 (i32.const 0) (v128.const i64x2 0 0))
    (v128.store offset=2736 (i32.const 0) (v128.const i64x2 0 0))
    (v128.store offset=2752 (i32.const 0) (v128.const i64x2 0 0))
    (v128.store offset=2768 (i32.const 0) (v128.const i64x2 0 0))
    (v128.store offset=2784 (i32.const 0) (v128.const i64x2 0 0))
    (v128.store offset=2800 (i32.const 0) (v128.const i64x2 0 0))
    (local.set $end (call $copyKind (local.get $text)))
    (if (i32.eqz (local.get $end)) (then (return (i32.const -1))))
    (v128.store (local.get $end) (v128.const i64x2 0 0))
    (local.set $length (i32.sub (local.get $end) (local.get $text)))
    (local.set $hash (call $hash (local.get $text) (local.get $end)))
    (local.set $slot (i32.and (local.get $hash) (i32.const 8191)))
    (loop $slots
      (local.set $slot (i32.add (global.get $KIND_TABLE) (i32.shl (i32.and (local.get $slot) (i32.const 8191)) (i32.const 4))))
      (if (i32.load offset=4 (local.get $slot))
        (then
          (if (i32.and
                (i32.eq (i32.load (local.get $slot)) (local.get $hash))
                (i32.eq (i32.load offset=8 (local.get $slot)) (local.get $length)))
            (then
              (if (call $isSame (local.get $text) (i32.load offset=4 (local.get $slot)) (local.get $length))
                (then (return (i32.load offset=12 (local.get $slot)))))))
          (local.set $slot (i32.add
            (i32.shr_u (i32.sub (local.get $slot) (global.get $KIND_TABLE)) (i32.const 4))
            (i32.const 1)))
          (br $slots))))
    (i32.store (local.get $slot) (local.get $hash))
    (i32.store offset=4 (local.get $slot) (local.get $text))
    (i32.store offset=8 (local.get $slot) (local.get $length))
    (local.set $hash (i32.load (global.get $KINDS)))
    (i32.store offset=12 (local.get $slot) (local.get $hash))
    (i32.store (global.get $KINDS) (i32.add (local.get $hash) (i32.const 1)))
    (i32.store (global.get $KIND_TEXT) (i32.and (i32.add (local.get $end) (i32.const 31)) (i32.const -16)))
    (local.get $hash))
)
