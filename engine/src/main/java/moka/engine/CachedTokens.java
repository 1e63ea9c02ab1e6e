package moka.engine;

import java.util.Arrays;
import moka.engine.cache.KvCache;
import moka.engine.cache.SavedSequence;
import moka.engine.kernel.AttentionPlan.Span;

/** The tokens of a session, and how far its cache holds what was computed for them. Owns the cache. */
final class CachedTokens implements AutoCloseable {
    private final KvCache cache;
    private final int contextLength;
    private final int vocabularySize;
    private int[] ids = new int[256];
    private int position;
    /** The furthest position since the cache was empty: what rings of windows have been overwritten with. */
    private int furthest;

    CachedTokens(KvCache cache, int contextLength, int vocabularySize) {
        this.cache = cache;
        this.contextLength = contextLength;
        this.vocabularySize = vocabularySize;
    }

    /** How many there are: the position of the next one. */
    int position() {
        return position;
    }

    int[] ids() {
        return Arrays.copyOf(ids, position);
    }

    /** Bytes of the cache now. */
    long cacheBytes() {
        return cache.bytes();
    }

    /** Length of the longest prefix of {@code prompt} that the cache holds. */
    int commonPrefix(int[] prompt) {
        int length = Math.min(position, prompt.length);
        int mismatch = Arrays.mismatch(ids, 0, length, prompt, 0, length);
        return mismatch < 0 ? length : mismatch;
    }

    /** How many of the first {@code prefix} tokens can be gone on from: all, or none where a sliding window has lost what they see. */
    int reusable(int prefix) {
        return cache.canRewind(prefix, furthest) ? prefix : 0;
    }

    /** Whether {@code to} can be gone back to once {@code stored} tokens are there. */
    boolean canReturnTo(int to, int stored) {
        return cache.canRewind(to, Math.max(furthest, stored));
    }

    /** Forgets the tokens from {@code to} on. @throws EngineException if a window or a state has lost what came before it */
    void rewindTo(int to) {
        if (to < 0 || to > position) {
            throw new IllegalArgumentException("rewind to " + to + ", expected 0 to " + position);
        }
        if (reusable(to) != to) {
            throw new EngineException("cannot go back to token " + to
                    + ": a layer with a sliding window or a state does not hold what came before it any more; clear the session");
        }
        cache.rewind(to);
        position = to;
        furthest = to == 0 ? 0 : furthest;
    }

    /** Takes up tokens that were computed before a rewind and are still there. */
    void goOnTo(int to) {
        position = to;
        cache.advance(to);
    }

    /** Refuses tokens that do not fit or do not exist. */
    void check(int[] added, int first, int count) {
        if (position + count > contextLength) {
            throw new EngineException("the context of " + contextLength + " tokens is full: " + position
                    + " tokens are in it and " + count + " more do not fit; use a larger --context");
        }
        for (int i = first; i < first + count; i++) {
            if (added[i] < 0 || added[i] >= vocabularySize) {
                throw new EngineException("token id " + added[i] + ", expected 0 to " + (vocabularySize - 1));
            }
        }
    }

    /** Makes room for tokens that are about to be computed in rows from {@code firstRow} on. */
    Span reserve(int firstRow, int count) {
        cache.reserve(position + count);
        furthest = Math.max(furthest, position + count);
        return new Span(cache, firstRow, count, position);
    }

    /** Tokens have been computed. */
    void add(int[] added, int first, int count) {
        remember(added, first, count);
        cache.advance(position);
    }

    private void remember(int[] added, int first, int count) {
        if (ids.length < position + count) {
            ids = Arrays.copyOf(ids, Math.max(position + count, ids.length * 2));
        }
        System.arraycopy(added, first, ids, position, count);
        position += count;
    }

    /** What a saved session begins with. @param fingerprint of the model */
    SavedSequence.Header header(long fingerprint) {
        return new SavedSequence.Header(fingerprint, ids(), furthest);
    }

    KvCache cache() {
        return cache;
    }

    /** Takes the place of no tokens: the cache was filled from a file. */
    void restore(SavedSequence.Header saved) {
        check(saved.tokens(), 0, saved.tokens().length);
        remember(saved.tokens(), 0, saved.tokens().length);
        furthest = saved.furthest();
    }

    @Override
    public void close() {
        cache.close();
    }
}
