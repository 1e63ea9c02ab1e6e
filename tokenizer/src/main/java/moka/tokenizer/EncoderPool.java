package moka.tokenizer;

import java.util.concurrent.atomic.AtomicReference;

/** Keeps one encoder for the next text, so that short texts pay for no scratch space and find a warm cache. Safe for use by many threads. */
final class EncoderPool {
    /** Encoders of longer texts are let go: their scratch space may be large. */
    private static final int LONG_TEXT = 1 << 18;

    private final TextModel model;
    private final Guard guard;
    private final AtomicReference<TextEncoder> spare = new AtomicReference<>();

    EncoderPool(TextModel model, Guard guard) {
        this.model = model;
        this.guard = guard;
    }

    TextEncoder take() {
        TextEncoder encoder = spare.getAndSet(null);
        return encoder != null ? encoder : model.newEncoder(guard);
    }

    /** Offers an encoder that has just encoded a text of some length; it must not be used any more. */
    void giveBack(TextEncoder encoder, int textLength) {
        if (textLength <= LONG_TEXT) {
            spare.set(encoder);
        }
    }
}
