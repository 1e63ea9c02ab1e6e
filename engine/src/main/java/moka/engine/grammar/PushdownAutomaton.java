package moka.engine.grammar;

import java.util.List;

/**
 * A grammar as nodes over bytes, with calls between rules. Immutable and shared by threads. Every node that is left can be completed: what
 * cannot has been pruned, so a state that is not dead always leads to a text of the grammar.
 *
 * <ul>
 *   <li>{@link #BYTES}: edges {@code [first[n], end[n])} of {@code low..high → target}; they do not overlap
 *   <li>{@link #SPLIT}: the same without bytes: goes on at each target
 *   <li>{@link #CALL}: rule {@code first[n]}, then goes on at node {@code end[n]}
 *   <li>{@link #TOKEN}: token name {@code first[n]}, then goes on at node {@code end[n]}
 *   <li>{@link #RETURN}: node 0, the end of every rule
 * </ul>
 */
final class PushdownAutomaton {
    static final byte RETURN = 0;
    static final byte BYTES = 1;
    static final byte SPLIT = 2;
    static final byte CALL = 3;
    static final byte TOKEN = 4;

    /** The node at which every rule ends. */
    static final int END = 0;

    final byte[] kind; // [nodeCount]
    final int[] first; // [nodeCount]
    final int[] end; // [nodeCount]
    final byte[] low; // [edgeCount], unsigned
    final byte[] high; // [edgeCount], unsigned
    final int[] target; // [edgeCount]
    final int[] start; // [ruleCount], first node of a rule
    final int[] rank; // [ruleCount]: a rule that may begin with another one has a lower rank than it
    final boolean[] nullable; // [ruleCount]: matches the empty text
    final List<Expression.Token> tokens;
    final byte[] byteClass; // [256]: bytes that no edge tells apart have the same class
    final int classCount;
    final byte[] classByte; // [classCount]: a byte of the class

    /** Takes the arrays over. */
    PushdownAutomaton(AutomatonNodes nodes, int[] start, int[] rank, boolean[] nullable, List<Expression.Token> tokens) {
        kind = nodes.kind;
        first = nodes.first;
        end = nodes.end;
        low = nodes.low;
        high = nodes.high;
        target = nodes.target;
        this.start = start;
        this.rank = rank;
        this.nullable = nullable;
        this.tokens = List.copyOf(tokens);
        byteClass = new byte[256];
        classCount = classify();
        classByte = new byte[classCount];
        for (int value = 255; value >= 0; value--) {
            classByte[byteClass[value] & 0xff] = (byte) value;
        }
    }

    int nodeCount() {
        return kind.length;
    }

    /** Cuts the 256 bytes wherever an edge begins or ends. */
    private int classify() {
        boolean[] cut = new boolean[257];
        for (int edge = 0; edge < low.length; edge++) {
            cut[low[edge] & 0xff] = true;
            cut[(high[edge] & 0xff) + 1] = true;
        }
        int current = 0;
        for (int value = 1; value < 256; value++) {
            current += cut[value] ? 1 : 0;
            byteClass[value] = (byte) current;
        }
        return current + 1;
    }
}
