package moka.engine.kernel;

/**
 * Rows in the order of the experts that they go to: group {@code g} is {@code rowCount(g)} consecutive rows for expert {@code expert(g)}. Only experts
 * with rows have a group. Written by the router, read by the kernels.
 */
public final class ExpertGroups {
    private final int[] experts;
    private final int[] firstRows;
    private int count;
    private int[] places = {};
    private int used;

    /** @param expertCount experts of the layer */
    public ExpertGroups(int expertCount) {
        experts = new int[expertCount];
        firstRows = new int[expertCount + 1];
    }

    /** Forgets all groups. */
    public void clear() {
        count = 0;
        firstRows[0] = 0;
    }

    /** Adds the next group. */
    public void add(int expert, int rowCount) {
        experts[count] = expert;
        firstRows[count + 1] = firstRows[count] + rowCount;
        count++;
    }

    /**
     * Tells where the rows of tokens are in this order.
     *
     * @param places {@code [token][used]}; read as long as these groups are used
     */
    public void place(int[] places, int used) {
        this.places = places;
        this.used = used;
    }

    /** Experts of a token, where {@link #place} has told. */
    public int used() {
        return used;
    }

    /** Where the row of a token for one of its experts is. */
    public int place(int token, int k) {
        return places[token * used + k];
    }

    /** Number of groups. */
    public int count() {
        return count;
    }

    /** Rows of all groups. */
    public int rowCount() {
        return firstRows[count];
    }

    public int expert(int group) {
        return experts[group];
    }

    public int firstRow(int group) {
        return firstRows[group];
    }

    public int rowCount(int group) {
        return firstRows[group + 1] - firstRows[group];
    }
}
