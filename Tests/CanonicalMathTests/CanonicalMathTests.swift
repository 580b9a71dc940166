// The canonical arithmetic against the readable reference, bit for bit; Specs/Arithmetic.md.
import CanonicalMath
import Testing

@Suite struct ProductTests {
  @Test func productsFollowTheChainOfFmaInEveryForm() {
    let random = RandomStream(key: 7, stream: 1)
    for (m, n, k) in [(1, 1, 1), (3, 17, 5), (8, 48, 513), (13, 50, 1030), (97, 33, 40)] {
      for form in ProductForm.allCases {
        let a = random.normal(rows: form == .tn ? k : m, columns: form == .tn ? m : k, deviation: 1)
        let b = random.normal(rows: form == .nt ? n : k, columns: form == .nt ? k : n, deviation: 1)
        let c = Canonical.product(form, a, b)
        for i in 0..<m {
          for j in 0..<n {
            var total: Float = 0
            for start in Swift.stride(from: 0, to: k, by: 512) {
              var chain: Float = 0
              for l in start..<min(k, start + 512) {
                let x = form == .tn ? a[l, i] : a[i, l]
                chain.addProduct(x, form == .nt ? b[j, l] : b[l, j])
              }
              total = start == 0 ? chain : total + chain
            }
            #expect(total.bitPattern == c[i, j].bitPattern)
          }
        }
      }
    }
  }
}
