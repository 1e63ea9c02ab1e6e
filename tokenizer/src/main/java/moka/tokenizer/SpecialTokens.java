package moka.tokenizer;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Cuts special tokens out of text. Longer ones are found first: a token is taken wherever its text is not yet part of a longer one (of
 * two of the same length, the left one), as if the text were searched for one token after the other. The time is linear in the length
 * of the text, however many tokens there are.
 */
final class SpecialTokens {
    private final Vocabulary vocabulary;
    private final boolean[] guarded;
    private int longest;

    private final boolean[] firstBytes = new boolean[256];
    private final ByteTrie trie = new ByteTrie(64);

    /** @param guarded by id: tokens that text from users never gives, although they are not control tokens */
    SpecialTokens(Vocabulary vocabulary, boolean[] guarded) {
        this.vocabulary = vocabulary;
        this.guarded = guarded;
        for (int id = 0; id < vocabulary.size(); id++) {
            if (vocabulary.is(id, Attributes.CONTROL | Attributes.USER_DEFINED | Attributes.UNKNOWN)) {
                add(id);
            }
        }
    }

    private void add(int id) {
        byte[] text = vocabulary.texts().get(id);
        if (text.length > ByteTrie.LONGEST || !Utf8.isWellFormed(text)) {
            return; // no cut within a character
        }
        firstBytes[text[0] & 0xFF] = true;
        longest = Math.max(longest, text.length);
        trie.add(text, 0, text.length, id);
    }

    /** Tells every special token whose text occurs in a text, as often as it does. */
    void forEachIn(byte[] text, IntConsumer consumer) {
        for (int from = 0; from < text.length; from++) {
            int node = ByteTrie.ROOT;
            for (int at = from; at < text.length; at++) {
                node = trie.child(node, text[at]);
                if (node == ByteTrie.NONE) {
                    break;
                }
                if (trie.token(node) != ByteTrie.NONE) {
                    consumer.accept(trie.token(node));
                }
            }
        }
    }

    /** How far text may be trusted. */
    enum Trust {
        /** All special tokens are recognised. */
        ALL,
        /** User-defined tokens are recognised. */
        USER_DEFINED,
        /** User-defined tokens are recognised that no one could take for a part of the conversation's frame. */
        GUARDED
    }

    /** Stretches of text with their trust: {@code ends} ascending, the last at the end of the text; no two neighbours alike. */
    record Regions(int[] ends, Trust[] trusts) {
        static Regions of(int length, Trust trust) {
            return new Regions(new int[] {length}, new Trust[] {trust});
        }
    }

    /** Special tokens of a text, in order; {@code starts} and {@code ends} include white space that they swallow. */
    record Cuts(int[] starts, int[] ends, int[] ids) {
        static final Cuts NONE = new Cuts(new int[0], new int[0], new int[0]);
    }

    Cuts cut(byte[] text, int length, Regions regions) {
        IdBuffer[] startsByLength = candidates(text, length, regions);
        return startsByLength.length == 0 ? Cuts.NONE : new Selection(text, length, regions).select(startsByLength);
    }

    /** Starts of the longest token at each place, by its length; empty if there are none. */
    private IdBuffer[] candidates(byte[] text, int length, Regions regions) {
        var none = new IdBuffer[0];
        IdBuffer[] byLength = none;
        int region = 0;
        for (int at = 0; at < length; at++) {
            if (!firstBytes[text[at] & 0xFF]) {
                continue;
            }
            while (regions.ends[region] <= at) {
                region++;
            }
            int id = longestAt(text, at, length, regions, region);
            if (id >= 0) {
                if (byLength == none) {
                    byLength = new IdBuffer[longest + 1];
                }
                addStart(byLength, vocabulary.texts().length(id), at);
            }
        }
        return byLength;
    }

    private static void addStart(IdBuffer[] byLength, int length, int start) {
        if (byLength[length] == null) {
            byLength[length] = new IdBuffer(16);
        }
        byLength[length].add(start);
    }

    /** The longest token that begins at a place, may be recognised there and ends at or before {@code limit}, or -1. */
    private int longestAt(byte[] text, int from, int limit, Regions regions, int region) {
        int node = ByteTrie.ROOT;
        int found = -1;
        for (int at = from; at < limit; at++) {
            node = trie.child(node, text[at]);
            if (node == ByteTrie.NONE) {
                break;
            }
            int id = trie.token(node);
            if (id >= 0 && isAllowed(id, at + 1, regions, region)) {
                found = id;
            }
        }
        return found;
    }

    private boolean isAllowed(int id, int end, Regions regions, int region) {
        boolean within = end <= regions.ends[region];
        Trust trust = regions.trusts[region];
        if (within && trust == Trust.ALL) {
            return true;
        }
        if (vocabulary.is(id, Attributes.CONTROL | Attributes.UNKNOWN)) {
            return false;
        }
        return !guarded[id] || within && trust == Trust.USER_DEFINED;
    }

    /** Chooses among overlapping candidates. */
    private final class Selection {
        private final byte[] text;
        private final int length;
        private final Regions regions;
        /** A bit for every byte that belongs to a token. */
        private final long[] taken;

        private final IdBuffer starts = new IdBuffer(16);
        private final IdBuffer ends = new IdBuffer(16);
        private final IdBuffer ids = new IdBuffer(16);

        Selection(byte[] text, int length, Regions regions) {
            this.text = text;
            this.length = length;
            this.regions = regions;
            taken = new long[(length >> 6) + 1];
        }

        Cuts select(IdBuffer[] startsByLength) {
            for (int tokenLength = startsByLength.length - 1; tokenLength > 0; tokenLength--) {
                if (startsByLength[tokenLength] == null) {
                    continue;
                }
                int[] candidates = startsByLength[tokenLength].toArray();
                Arrays.sort(candidates);
                for (int start : candidates) {
                    if (isTaken(start)) {
                        continue;
                    }
                    if (isTaken(start + tokenLength - 1)) {
                        int shorter = longestAt(text, start, start + tokenLength - 1, regions, regionOf(start));
                        if (shorter >= 0) {
                            addStart(startsByLength, vocabulary.texts().length(shorter), start);
                        }
                    } else {
                        take(start, start + tokenLength);
                    }
                }
            }
            return inOrder();
        }

        private int regionOf(int at) {
            int found = Arrays.binarySearch(regions.ends, at + 1);
            return found >= 0 ? found : -found - 1;
        }

        private void take(int from, int to) {
            int id = longestAt(text, from, to, regions, regionOf(from));
            int start = from;
            int end = to;
            if (vocabulary.is(id, Attributes.LEFT_STRIP)) {
                while (start > 0 && !isTaken(start - 1) && isAsciiSpace(text[start - 1])) {
                    start--;
                }
            }
            if (vocabulary.is(id, Attributes.RIGHT_STRIP)) {
                while (end < length && !isTaken(end) && isAsciiSpace(text[end])) {
                    end++;
                }
            }
            for (int i = start; i < end; i++) {
                taken[i >> 6] |= 1L << i;
            }
            starts.add(start);
            ends.add(end);
            ids.add(id);
        }

        private boolean isTaken(int at) {
            return (taken[at >> 6] >>> at & 1) != 0;
        }

        private Cuts inOrder() {
            int count = starts.size();
            var order = new long[count];
            for (int i = 0; i < count; i++) {
                order[i] = (long) starts.get(i) << 32 | i;
            }
            Arrays.sort(order);
            var cuts = new Cuts(new int[count], new int[count], new int[count]);
            for (int i = 0; i < count; i++) {
                int from = (int) order[i];
                cuts.starts[i] = starts.get(from);
                cuts.ends[i] = ends.get(from);
                cuts.ids[i] = ids.get(from);
            }
            return cuts;
        }
    }

    private static boolean isAsciiSpace(byte b) {
        return b == ' ' || b >= '\t' && b <= '\r';
    }
}
