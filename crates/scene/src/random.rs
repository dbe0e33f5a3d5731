//! A small deterministic generator, so that every picture can be made again from its seed.

/// xoshiro256++ (Blackman and Vigna), seeded by splitmix64. For pictures and samples only, never for secrets.
#[derive(Debug, Clone)]
pub struct Random {
    state: [u64; 4],
}

/// One step of splitmix64: a well-mixed number for each input.
#[must_use]
pub const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Random {
    /// A generator for `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        let first = mix(seed);
        let second = mix(first);
        let third = mix(second);
        Self {
            state: [first, second, third, mix(third)],
        }
    }

    /// A generator for one purpose under `seed`, so that adding a draw for one purpose moves no other.
    #[must_use]
    pub const fn for_purpose(seed: u64, purpose: u64) -> Self {
        Self::new(mix(seed) ^ purpose.wrapping_mul(0xA24B_AED4_963E_E407))
    }

    /// The next 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        let result = self.state[0]
            .wrapping_add(self.state[3])
            .rotate_left(23)
            .wrapping_add(self.state[0]);
        let shifted = self.state[1] << 17;
        self.state[2] ^= self.state[0];
        self.state[3] ^= self.state[1];
        self.state[1] ^= self.state[2];
        self.state[0] ^= self.state[3];
        self.state[2] ^= shifted;
        self.state[3] = self.state[3].rotate_left(45);
        result
    }

    /// A number in [0, 1).
    pub fn unit(&mut self) -> f32 {
        let [.., a, b, c] = self.next_u64().to_le_bytes();
        // 24 bits fit a float exactly.
        let bits = u32::from(a) | u32::from(b) << 8 | u32::from(c) << 16;
        #[expect(clippy::cast_precision_loss, reason = "24 bits fit a float exactly")]
        let whole = bits as f32;
        whole / 16_777_216.0
    }

    /// A number in [low, high).
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// A whole number in 0..count.
    pub fn below(&mut self, count: usize) -> usize {
        let wide = u128::from(self.next_u64()) * count as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// A draw of about a standard normal: the sum of four uniform numbers. Its tails end at 3.5, which suits pixels.
    pub fn normal(&mut self) -> f32 {
        let [a, b, c, d, e, f, g, h] = self.next_u64().to_le_bytes();
        let sum: u32 = [[a, b], [c, d], [e, f], [g, h]]
            .map(|pair| u32::from(u16::from_le_bytes(pair)))
            .iter()
            .sum();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a sum of four 16-bit numbers fits a float exactly"
        )]
        let sum = sum as f32;
        // Mean 2 · 65535, standard deviation 65536 / √3.
        (sum - 131_070.0) * (1.732_050_8 / 65_536.0)
    }
}
