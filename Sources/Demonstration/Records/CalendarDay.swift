/// A day of the Gregorian calendar, counted from 1970-01-01; written without any time zone or locale.
struct CalendarDay: Equatable, Sendable {
    let number: Int

    /// `YYYY-MM-DD`, for days from 1970 on.
    var text: String {
        var day = self.number
        var year = 1970
        while day >= Self.length(ofYear: year) {
            day -= Self.length(ofYear: year)
            year += 1
        }
        var month = 1
        while day >= Self.length(ofMonth: month, year: year) {
            day -= Self.length(ofMonth: month, year: year)
            month += 1
        }
        return "\(year)-\(Self.twoDigits(month))-\(Self.twoDigits(day + 1))"
    }

    /// An instant of the day, `YYYY-MM-DDThh:mm:00Z`.
    func instant(hour: Int, minute: Int) -> String {
        "\(self.text)T\(Self.twoDigits(hour)):\(Self.twoDigits(minute)):00Z"
    }

    func adding(days: Int) -> CalendarDay {
        CalendarDay(number: self.number + days)
    }

    private static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    private static func length(ofYear year: Int) -> Int {
        self.isLeap(year) ? 366 : 365
    }

    private static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: self.isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
