package moka.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/** The tokenizer of a file: cuts special tokens out of text, encodes what lies between them, and turns ids back. */
final class GgufTokenizer implements Tokenizer {
    private final Vocabulary vocabulary;
    private final TokenizerSettings settings;
    private final KnownTokens known;
    private final Detokenizer detokenizer;
    private final SpecialTokens specialTokens;
    private final List<String> warnings;
    private final EncoderPool open;
    private final EncoderPool closed;

    GgufTokenizer(TokenizerParts parts) {
        vocabulary = parts.vocabulary();
        settings = parts.settings();
        known = parts.known();
        TextModel model = parts.model();
        detokenizer = parts.detokenizer();
        boolean[] guarded = parts.guarded();
        warnings = List.copyOf(parts.warnings());
        specialTokens = parts.specialTokens();
        open = new EncoderPool(model, id -> true);
        closed = new EncoderPool(model, id -> !guarded[id]);
    }

    /** @param guarded by id: tokens that text from users never becomes */
    record TokenizerParts(
            Vocabulary vocabulary,
            TokenizerSettings settings,
            KnownTokens known,
            TextModel model,
            Detokenizer detokenizer,
            SpecialTokens specialTokens,
            boolean[] guarded,
            List<String> warnings) {}

    @Override
    public int vocabularySize() {
        return vocabulary.size();
    }

    @Override
    public String model() {
        return settings.model();
    }

    @Override
    public List<String> warnings() {
        return warnings;
    }

    @Override
    public int[] encode(CharSequence text, boolean addSpecial, boolean parseSpecial) {
        return encodePadded(Utf8.padded(text), addSpecial, parseSpecial);
    }

    @Override
    public int[] encode(byte[] utf8, boolean addSpecial, boolean parseSpecial) {
        byte[] padded = java.util.Arrays.copyOf(utf8, utf8.length + Utf8.PADDING);
        byte[] text =
                switch (settings.malformed()) {
                    case KEPT -> padded;
                    case REPLACED -> Utf8.repaired(padded);
                    case REPLACED_UNLESS_SHAPED -> Utf8.repaired(padded, 0x1FFFFF);
                };
        return encodePadded(text, addSpecial, parseSpecial);
    }

    private int[] encodePadded(byte[] padded, boolean addSpecial, boolean parseSpecial) {
        int length = padded.length - Utf8.PADDING;
        var trust = parseSpecial ? SpecialTokens.Trust.ALL : SpecialTokens.Trust.USER_DEFINED;
        var ids = new IdBuffer(length / 3 + 8);
        if (addSpecial && framesWithBos()) {
            ids.add(known.bos);
        }
        encodeStretches(padded, length, SpecialTokens.Regions.of(length, trust), open, ids);
        addEnd(addSpecial, ids);
        return ids.toArray();
    }

    @Override
    public int[] encode(List<Segment> segments, boolean addSpecial) {
        var joined = JoinedSegments.of(segments);
        var ids = new IdBuffer(joined.length() / 3 + 8);
        boolean addBos = addSpecial && framesWithBos();
        if (addBos) {
            ids.add(known.bos);
        }
        encodeStretches(joined.padded(), joined.length(), joined.regions(), closed, ids);
        addEnd(addSpecial, ids);
        int[] all = ids.toArray();
        return addBos && all.length > 1 && all[1] == known.bos ? java.util.Arrays.copyOfRange(all, 1, all.length) : all;
    }

    private boolean framesWithBos() {
        return switch (settings.frame()) {
            case AS_ASKED -> settings.addBos();
            case BOS_AND_SEPARATOR -> known.bos >= 0;
            case NONE -> false;
        };
    }

    private void addEnd(boolean addSpecial, IdBuffer ids) {
        if (!addSpecial) {
            return;
        }
        switch (settings.frame()) {
            case AS_ASKED -> {
                if (settings.addEos()) {
                    ids.add(known.eos);
                }
            }
            case BOS_AND_SEPARATOR -> {
                if (known.separator >= 0) {
                    ids.add(known.separator);
                }
            }
            case NONE -> {}
        }
    }

    private void encodeStretches(byte[] text, int length, SpecialTokens.Regions regions, EncoderPool encoders, IdBuffer ids) {
        if (length == 0) {
            return;
        }
        var cuts = specialTokens.cut(text, length, regions);
        TextEncoder encoder = encoders.take();
        int at = 0;
        for (int i = 0; i < cuts.ids().length; i++) {
            if (at < cuts.starts()[i]) {
                encoder.encode(text, at, cuts.starts()[i], ids);
            }
            ids.add(cuts.ids()[i]);
            at = cuts.ends()[i];
        }
        if (at < length) {
            encoder.encode(text, at, length, ids);
        }
        encoders.giveBack(encoder, length);
    }

    @Override
    public byte[] piece(int id, boolean special) {
        return detokenizer.piece(checked(id), special);
    }

    private int checked(int id) {
        if (id < 0 || id >= vocabulary.size()) {
            throw new TokenizerException("token " + id + " does not exist: the vocabulary has the ids 0 to " + (vocabulary.size() - 1));
        }
        return id;
    }

    @Override
    public String decode(int[] ids, boolean removeSpecial, boolean unparseSpecial) {
        return new String(decodeToBytes(ids, removeSpecial, unparseSpecial), StandardCharsets.UTF_8);
    }

    @Override
    public byte[] decodeToBytes(int[] ids, boolean removeSpecial, boolean unparseSpecial) {
        for (int id : ids) {
            checked(id);
        }
        int from = 0;
        int to = ids.length;
        boolean dropSpace = settings.spacePrefix();
        if (removeSpecial && settings.addBos() && from < to && ids[from] == known.bos) {
            from++;
            dropSpace = false;
        }
        if (removeSpecial && settings.addEos() && from < to && ids[to - 1] == known.eos) {
            to--;
        }
        byte[] text = detokenizer.decode(ids, from, to, unparseSpecial, dropSpace);
        return settings.cleanSpaces() ? Detokenizer.cleaned(text) : text;
    }

    @Override
    public StreamingDecoder newStreamingDecoder(boolean special) {
        var stream = new Utf8Stream();
        return new StreamingDecoder() {
            @Override
            public String accept(int id) {
                return stream.accept(piece(id, special));
            }

            @Override
            public String finish() {
                return stream.finish();
            }
        };
    }

    @Override
    public int bos() {
        return known.bos;
    }

    @Override
    public int eos() {
        return known.eos;
    }

    @Override
    public boolean addBos() {
        return settings.addBos();
    }

    @Override
    public boolean addEos() {
        return settings.addEos();
    }

    @Override
    public Set<Integer> endOfGeneration() {
        return Collections.unmodifiableSet(known.endOfGeneration);
    }

    @Override
    public boolean isEndOfGeneration(int id) {
        return known.endOfGeneration.contains(id);
    }

    @Override
    public Set<Integer> suppressed() {
        return Collections.unmodifiableSet(known.suppressed);
    }

    @Override
    public boolean isControl(int id) {
        return vocabulary.is(checked(id), Attributes.CONTROL);
    }

    @Override
    public int attributes(int id) {
        return vocabulary.attributes(checked(id));
    }

    @Override
    public String text(int id) {
        return vocabulary.text(checked(id));
    }
}
