package moka.engine.grammar;

import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Which tokens a grammar allows in a state, for one vocabulary. What a state allows is learnt in two parts. The first depends only on the
 * nodes on top of its stacks: the trie is walked with a hole below them, which gives the tokens that are certain, and the trie nodes at which
 * the rule on top was finished and the rest of the stack would decide. It is computed once per top and shared by all states and sequences.
 * The second part walks on from those trie nodes with the stacks at hand. Inside a JSON string, for example, the first part is nearly
 * the whole vocabulary, and the second the few hundred tokens with a closing quote.
 *
 * <p>Safe for use by many threads; the states passed in belong to one.
 */
final class TokenMasks {
    private static final int MOST_KEPT = 2000; // about 16 KB each for 128k tokens where not sparse

    private final TokenVocabulary vocabulary;
    private final ConcurrentMap<Top, Certain> byTop = new ConcurrentHashMap<>();

    TokenMasks(TokenVocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    /** The nodes on top of stacks that are otherwise unknown. */
    private record Top(int[] nodes) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Top top && Arrays.equals(nodes, top.nodes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(nodes);
        }
    }

    /**
     * What is certain from the top alone.
     *
     * @param tokens ids, where they are few; else empty and {@code words} is used
     * @param words bits by token id
     * @param openNodes trie nodes at which the rest of the stack decides about the subtree
     */
    private record Certain(int[] tokens, long[] words, int[] openNodes) {}

    /** Sets the bits of all tokens whose bytes may follow a state. */
    void allow(StackSets states, int state, long[] words) {
        for (StackSets.Group group : states.groups(state)) {
            Certain certain = certain(states, group.top());
            for (int token : certain.tokens) {
                words[token >> 6] |= 1L << token;
            }
            for (int i = 0; i < certain.words.length; i++) {
                words[i] |= certain.words[i];
            }
            for (int node : certain.openNodes) {
                if (node == 0) {
                    allow(states, group.rest(), words);
                } else {
                    walk(states, group.rest(), node, words, null);
                }
            }
        }
    }

    private Certain certain(StackSets states, int top) {
        Top key = new Top(states.nodes(top));
        Certain known = byTop.get(key);
        if (known == null) {
            known = compute(states, top);
            if (byTop.size() >= MOST_KEPT) {
                byTop.clear();
            }
            byTop.put(key, known);
        }
        return known;
    }

    private Certain compute(StackSets states, int top) {
        long[] words = new long[(vocabulary.size() + 63) / 64];
        OpenNodes open = new OpenNodes();
        if (states.reachesHole(top)) {
            open.add(0);
        }
        walk(states, top, 0, words, open);
        int count = 0;
        for (long word : words) {
            count += Long.bitCount(word);
        }
        if (count > words.length) {
            return new Certain(new int[0], words, open.nodes());
        }
        int[] tokens = new int[count];
        for (int word = 0, i = 0; word < words.length; word++) {
            for (long bits = words[word]; bits != 0; bits &= bits - 1) {
                tokens[i++] = (word << 6) + Long.numberOfTrailingZeros(bits);
            }
        }
        return new Certain(tokens, new long[0], open.nodes());
    }

    /** Walks the subtree below a trie node, at which the state holds. */
    private void walk(StackSets states, int state, int node, long[] words, @Nullable OpenNodes open) {
        TokenVocabulary trie = vocabulary;
        int[] stateAt = new int[trie.longest + 1]; // by depth
        int end = trie.subtreeEnd[node];
        stateAt[trie.depth[node]] = state;
        for (int at = node + 1; at < end; ) {
            int depth = trie.depth[at];
            int next = states.step(stateAt[depth - 1], trie.nodeByte[at]);
            if (next == StackSets.DEAD) {
                at = trie.subtreeEnd[at];
                continue;
            }
            stateAt[depth] = next;
            for (int token = trie.firstToken[at]; token >= 0; token = trie.nextToken[token]) {
                words[token >> 6] |= 1L << token;
            }
            if (open != null && trie.subtreeEnd[at] > at + 1 && states.reachesHole(next)) {
                open.add(at);
            }
            at++;
        }
    }

    private static final class OpenNodes {
        private int[] nodes = new int[16];
        private int count;

        void add(int node) {
            if (count == nodes.length) {
                nodes = Arrays.copyOf(nodes, 2 * count);
            }
            nodes[count++] = node;
        }

        int[] nodes() {
            return Arrays.copyOf(nodes, count);
        }
    }
}
