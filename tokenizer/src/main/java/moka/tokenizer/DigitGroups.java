package moka.tokenizer;

import static moka.tokenizer.CharacterClasses.DIGIT;
import static moka.tokenizer.CharacterClasses.NUMBER;
import static moka.tokenizer.CharacterClasses.at;
import static moka.tokenizer.CharacterClasses.length;

/**
 * Digits in groups of three counted from the right, as in 1 234 567.
 *
 * @param classes what counts as a digit
 * @param onlyWhole digits that a character of {@code \w} follows are left alone
 * @param before where digits are cut from the text before them
 * @param after whether digits are cut from the text after them
 */
record DigitGroups(int classes, boolean onlyWhole, Before before, boolean after) implements Splitter {
    enum Before {
        NEVER,
        /** Where their number is a multiple of three. */
        IF_GROUPS_ARE_FULL,
        ALWAYS
    }

    /** {@code (?=(\d{3})+(?!\d))}. */
    static final DigitGroups SUPER_BPE = new DigitGroups(DIGIT, false, Before.IF_GROUPS_ARE_FULL, false);
    /** {@code \d{1,3}(?=(?:\d{3})*\b)}. */
    static final DigitGroups TINY_AYA = new DigitGroups(DIGIT, true, Before.ALWAYS, true);
    /** As llama.cpp has it; the passes that follow cut most text from the digits after it. */
    static final DigitGroups AF_MOE = new DigitGroups(NUMBER, false, Before.NEVER, true);

    @Override
    public void split(byte[] text, int from, int to, Sink sink) {
        int gap = from;
        int at = from;
        while (at < to) {
            int c = at(text, at);
            if ((c & classes) == 0) {
                at += length(c);
                continue;
            }
            int count = 0;
            int end = at;
            while (end < to && ((c = at(text, end)) & classes) != 0) {
                end += length(c);
                count++;
            }
            if (!onlyWhole || end == to || !CharacterClasses.isWord(Utf8.codePoint(text, end))) {
                gap = groups(text, gap, at, count, sink);
                if (after) {
                    sink.piece(text, gap, end);
                    gap = end;
                }
            }
            at = end;
        }
        if (gap < to) {
            sink.piece(text, gap, to);
        }
    }

    /** Gives the text before the digits and all groups but the last. @return where the last group begins */
    private int groups(byte[] text, int gap, int from, int count, Sink sink) {
        int start = gap;
        int at = from;
        for (int left = count; left > 0; left--) {
            if (start < at && (left == count ? isCutBefore(count) : left % 3 == 0)) {
                sink.piece(text, start, at);
                start = at;
            }
            at += Utf8.length(text[at]);
        }
        return start;
    }

    private boolean isCutBefore(int count) {
        return before == Before.ALWAYS || before == Before.IF_GROUPS_ARE_FULL && count % 3 == 0;
    }
}
