package moka.tokenizer;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import moka.tokenizer.Tokenizer.Segment;

/**
 * Segments as one text, so that tokens form across their borders as they do in the text that the model was trained on; where it may be
 * trusted is kept beside it.
 */
record JoinedSegments(byte[] padded, int length, SpecialTokens.Regions regions) {
    static JoinedSegments of(List<Segment> segments) {
        var joined = new ByteArrayOutputStream();
        int[] ends = new int[segments.size() + 1];
        var trusts = new SpecialTokens.Trust[segments.size() + 1];
        int count = 0;
        for (Segment segment : segments) {
            if (segment.text().isEmpty()) {
                continue;
            }
            byte[] text = Utf8.padded(segment.text());
            joined.write(text, 0, text.length - Utf8.PADDING);
            var trust = segment.trusted() ? SpecialTokens.Trust.ALL : SpecialTokens.Trust.GUARDED;
            if (count > 0 && trusts[count - 1] == trust) {
                count--;
            }
            ends[count] = joined.size();
            trusts[count++] = trust;
        }
        int length = joined.size();
        byte[] padded = Arrays.copyOf(joined.toByteArray(), length + Utf8.PADDING);
        return new JoinedSegments(
                padded, length, new SpecialTokens.Regions(Arrays.copyOf(ends, count), Arrays.copyOf(trusts, count)));
    }
}
