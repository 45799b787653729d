"""Realistic names at the long end: kinds of clinics, patrons, streets and towns as they stand in Poland's registers, freely combined."""

CLINICS = (
    "Przychodnia Kardiologiczna „Serce”",
    "SPZOZ w Łęcznej",
    "Samodzielny Publiczny Zakład Opieki Zdrowotnej Wojewódzki Szpital Specjalistyczny im. Jana Dąbrowskiego w Aleksandrowie Łódzkim",
    "Niepubliczny Zakład Opieki Zdrowotnej „Śródmiejskie Centrum Kardiologii” Spółka z ograniczoną odpowiedzialnością",
    "Uniwersytecki Szpital Kliniczny nr 2 im. Świętej Jadwigi Śląskiej we Wrocławiu",
    "Wielospecjalistyczny Szpital Powiatowy im. dr. Alfreda Sokołowskiego w Tarnowskich Górach Spółka Akcyjna",
    "Zespół Opieki Zdrowotnej w Ostrowcu Świętokrzyskim, Poradnia Kardiologiczna dla Dorosłych",
    "Mobilna Pracownia Mammograficzna Dolnośląskiego Centrum Onkologii, Pulmonologii i Hematologii",
    "Indywidualna Specjalistyczna Praktyka Lekarska Władysława Brzęczyszczykiewicz-Grzegorzewska",
    "Górnośląskie Centrum Medyczne im. prof. Leszka Gieca Śląskiego Uniwersytetu Medycznego w Katowicach",
    "Centrum Medyczne [Alfa] {Beta} ^Gamma~ |€uro|",
    "Przychodnia Rejonowo-Specjalistyczna",
)
STREETS = (
    "ul. Gen. Józefa Hallera 123A lok. 45",
    "ul. Najświętszej Maryi Panny Królowej Polski 123A lok. 45",
    "al. Jerozolimskie 12/14",
    "ul. Jana Pawła II 12",
    "ul. Powstańców Warszawy 1945 roku 7B m. 3",
    "ul. ks. kard. Stefana Wyszyńskiego 100-104",
    "pl. Obrońców Westerplatte 19",
    "ul. Marii Skłodowskiej-Curie 24",
    "ul. 27 Wołyńskiej Dywizji Piechoty Armii Krajowej 111C lok. 12",
    "os. Tysiąclecia 88",
    "Rąbień-Kolonia 7",
    "ul. Chałubińskiego 1A",
)
CITIES = (
    "Łódź",
    "Aleksandrów Łódzki-Rąbień",
    "Konstancin-Jeziorna",
    "Ostrowiec Świętokrzyski",
    "Kędzierzyn-Koźle",
    "Czechowice-Dziedzice",
    "Siemianowice Śląskie",
    "Grodzisk Mazowiecki",
    "Piaseczno",
    "Świętochłowice",
)
