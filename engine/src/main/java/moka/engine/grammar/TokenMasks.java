package moka.engine.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Which tokens a grammar allows in a state, for one vocabulary. What a state allows is learnt in two parts. The first depends only on the
 * nodes on top of its stacks: the trie is walked with a hole below them, which gives the tokens that are certain, and the trie nodes at which
 * the rule on top was finished and the rest of the stack would decide. It is computed once per top and shared by all states and sequences.
 * The second part walks on from those trie nodes with the stacks at hand. Inside a JSON string, for example, the first part is nearly
 * the whole vocabulary, and the second the few hundred tokens with a closing quote. Tops that few bytes can follow are not worth keeping:
 * the whole state is walked at once.
 *
 * <p>Safe for use by many threads; the states passed in belong to one.
 */
final class TokenMasks {
    private static final int MOST_KEPT = 1000; // about 16 KB each for 128k tokens where not sparse
    private static final int BROAD = 48; // byte values that may follow
    private static final int MOST_TOPS = 4096; // of a state whose tops are looked at one by one

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
     * @param words bits by token id
     * @param trie the trie that the nodes are of
     * @param openNodes trie nodes at which the rest of the stack decides about the subtree
     */
    private record Certain(long[] words, TokenTrie trie, int[] openNodes) {}

    /** Sets the bits of all tokens whose bytes may follow a state. */
    void allow(StackSets states, int state, long[] words) {
        allow(states, state, words, new HashSet<>());
    }

    /** @param passed states whose tokens are set already: many stacks have the same rest, and theirs again */
    private void allow(StackSets states, int state, long[] words, Set<Integer> passed) {
        if (!passed.add(state)) {
            return;
        }
        if (states.nodes(state).length > MOST_TOPS) {
            vocabulary.all().allow(states, state, 0, words, (_, _, _) -> {});
            return;
        }
        List<StackSets.Group> groups = states.groups(state);
        List<StackSets.Group> narrow = new ArrayList<>();
        for (StackSets.Group group : groups) {
            if (states.breadth(group.top()) >= BROAD) {
                allowBroad(states, group, words, passed);
            } else {
                narrow.add(group);
            }
        }
        if (!narrow.isEmpty()) {
            vocabulary.all().allow(states, states.joined(narrow), 0, words, (_, _, _) -> {});
        }
    }

    private void allowBroad(StackSets states, StackSets.Group group, long[] words, Set<Integer> passed) {
        Certain certain = certain(states, group.top());
        for (int i = 0; i < words.length; i++) {
            words[i] |= certain.words[i];
        }
        for (int node : certain.openNodes) {
            if (node == 0) {
                allow(states, group.rest(), words, passed);
            } else {
                certain.trie.allow(states, group.rest(), node, words, (_, _, _) -> {});
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
        TokenTrie trie = vocabulary.plain().allow(states, top, words) ? vocabulary.special() : vocabulary.all();
        OpenNodes open = new OpenNodes();
        if (states.reachesHole(top)) {
            open.add(0);
        }
        trie.allow(states, top, 0, words, (node, state, inner) -> {
            if (inner && states.reachesHole(state)) {
                open.add(node);
            }
        });
        return new Certain(words, trie, open.nodes());
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
